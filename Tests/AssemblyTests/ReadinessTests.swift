import Penstock
import Telemetry
import TestTwins
import Testing

@testable import Assembly

@Suite struct ReadinessTests {
    @Test func aLedgerThatRefusesWritesIsNotReady() async throws {
        let ledger = InMemoryLedger()
        let health = Health(expecting: ["ledger"])
        let watch = LedgerWatch(ledger: ledger, clock: .system, health: health, factory: MetricsRegistry())
        #expect(await watch.turn() == true && health.isReady)
        ledger.edit { $0.failure = LedgerUnavailable("full") }
        #expect(await watch.turn() == false && !health.isReady)
        ledger.edit { $0.failure = nil }
        #expect(await watch.turn() == true && health.isReady)
        #expect(ledger.edit { $0.creations.isEmpty })
    }

    @Test func aSpoolIsFullShortlyBeforeItsBound() {
        #expect(!SpoolWatch.isFull(0, of: 1024) && !SpoolWatch.isFull(900, of: 1024))
        #expect(SpoolWatch.isFull(1000, of: 1024) && SpoolWatch.isFull(2048, of: 1024))
    }
}
