import Logging
import Penstock
import Synchronization
import Telemetry

/// Finds batches that nobody drives and drives each in a task of its own.
struct BatchLoop: Sendable {
    private static let interval = Duration.milliseconds(250)

    let driver: BatchDriver
    let dependencies: SchedulerDependencies
    private static let step = "read unfinished batches"
    private let driven = DrivenBatches()

    init(driver: BatchDriver, dependencies: SchedulerDependencies) {
        self.driver = driver
        self.dependencies = dependencies
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for batch in await unfinished() where driver.mayDrive(batch) && driven.begin(batch.id) {
                    group.addTask {
                        await driver.drive(batch.id)
                        driven.end(batch.id)
                    }
                }
                dependencies.health.beat("scheduler.batches", within: .seconds(60))
                // Cancelled when the process stops, which ends the loop.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    private func unfinished() async -> [BatchRecord] {
        do {
            let found = try await dependencies.ledger.unfinishedBatches()
            driver.outages.worked(Self.step)
            return found
        } catch {
            driver.outages.failed(Self.step, because: Store.behind(error) ?? Self.step, error)
            return []
        }
    }
}

/// The batches this process drives now.
private final class DrivenBatches: Sendable {
    private let ids = Mutex<Set<BatchID>>([])

    /// - Returns: false when the batch is driven already.
    func begin(_ id: BatchID) -> Bool { ids.withLock { $0.insert(id).inserted } }

    func end(_ id: BatchID) { _ = ids.withLock { $0.remove(id) } }
}
