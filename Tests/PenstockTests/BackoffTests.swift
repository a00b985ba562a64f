import Penstock
import Testing

@Suite struct BackoffTests {
    @Test func waitsDoubleUpToABound() {
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(2))
        #expect((0..<4).map { _ in backoff.wait() } == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(2)])
        backoff.reset()
        #expect(backoff.wait() == .milliseconds(500))
    }

    @Test func aSlowLoopStaysAtItsPace() {
        var backoff = Backoff(first: .seconds(15))
        #expect((0..<2).map { _ in backoff.wait() } == [.seconds(15), .seconds(15)])
    }

    @Test func storesAreTold() {
        #expect(Store.behind(LedgerUnavailable("x")) == Store.behind(LedgerUnavailable("y")))
        #expect(Store.behind(QueueUnavailable("x")) != Store.behind(QueueFull("x")))
        #expect(Store.behind(CancellationError()) == nil)
    }
}
