import CoreMetrics
import Penstock
import ServiceLifecycle
import Telemetry

/// Tells health and metrics whether the ledger takes writes: one that only reads takes no job and no batch.
struct LedgerWatch: Service {
    private static let interval = Duration.seconds(5)
    private static let intervalAway = Duration.seconds(1)

    let ledger: any CreationLedger & QuotaLedger
    let clock: WallClock
    let health: Health
    let factory: any MetricsFactory

    func run() async throws {
        let writable = Gauge(label: "penstock_ledger_writable", factory: factory)
        let free = Gauge(label: "penstock_ledger_disk_free_bytes", factory: factory)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                guard let takesWrites = await turn() else { return }
                writable.record(takesWrites ? 1 : 0)
                // What cannot be told now is told with the next look.
                if let disk = try? await ledger.disk() { free.record(disk.free) }
                // Cancelled when the process stops, which ends the loop.
                try? await Task.sleep(for: takesWrites ? Self.interval : Self.intervalAway)
            }
        }
    }

    /// - Returns: nil when it was cancelled.
    func turn() async -> Bool? {
        do {
            try await probe()
            health.set("ledger", .ready)
            return true
        } catch {
            guard !Task.isCancelled, !(error is CancellationError) else { return nil }
            health.set("ledger", .notReady("the ledger takes no writes"))
            return false
        }
    }

    /// A row that nobody looks for, and its removal: a full disk shows in the first, and nothing stays. One that a killed
    /// process leaves goes with what retention forgets.
    private func probe() async throws {
        let id = IDGenerator.named("ready_", at: clock.now())
        let content = CreationContent(tenant: TenantID(trusted: "penstock"), scope: "readiness", hash: id)
        let creation = Creation(content: content, id: id, at: clock.now())
        try await ledger.begin(creation)
        try await ledger.forget(creation)
    }
}
