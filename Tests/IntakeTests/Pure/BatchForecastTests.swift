import Penstock
import TestTwins
import Testing

@testable import Intake

/// When a batch will have ended.
@Suite struct BatchForecastTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    private func batch() -> BatchRecord {
        var batch = BatchRecord(
            id: BatchID("batch_1"),
            tenant: TenantID(trusted: "acme"),
            endpoint: .chatCompletions,
            inputFile: FileID("file-1"),
            completionWindow: "1h",
            createdAt: start,
            expiresAt: start.adding(.seconds(3600)),
            jobClass: .batch,
            tags: JobTags(),
            metadata: nil
        )
        batch.start(total: 100, linesPerPool: [:], model: nil, at: start)
        return batch
    }

    @Test func goesByTheMeanRate() {
        let now = start.adding(.seconds(10))
        let forecast = BatchForecast(batch(), BatchCounts(succeeded: 15, failed: 5), at: now)
        #expect(forecast.rate == 2 && forecast.remaining == .seconds(40) && forecast.makesIt(batch(), at: now) == true)
    }

    @Test func endsAtTheDeadlineAtTheLatest() {
        let now = start.adding(.seconds(3000))
        let forecast = BatchForecast(batch(), BatchCounts(succeeded: 1), at: now)
        #expect(forecast.remaining == .seconds(600) && forecast.makesIt(batch(), at: now) == false)
    }

    @Test func tellsNothingThatItDoesNotKnow() {
        let now = start.adding(.seconds(10))
        #expect(BatchForecast(batch(), BatchCounts(), at: now).remaining == nil)
        var paused = batch()
        _ = paused.pause(at: now)
        #expect(BatchForecast(paused, BatchCounts(succeeded: 1), at: now).remaining == nil)
        var ended = batch()
        ended.state = .completed
        #expect(BatchForecast(ended, BatchCounts(succeeded: 100), at: now).remaining == .zero)
        #expect(BatchForecast(ended, BatchCounts(succeeded: 100), at: now).makesIt(ended, at: now) == nil)
    }
}
