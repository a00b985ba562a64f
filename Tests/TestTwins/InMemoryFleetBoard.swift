package import Penstock
import Synchronization

/// A fleet board without Redis. What is on it does not fade by itself; time is what a test says.
package final class InMemoryFleetBoard: FleetBoard {
    package struct State: Sendable {
        package var now = Timestamp(milliseconds: 1_764_565_200_000)
        package var plans: [WorkerSetName: WorkerPlan] = [:]
        package var fleets: [FleetClaim] = []
        package var workers: [WorkerReport] = []
        package var version = 0
        /// Turns that may still be taken.
        package var turns = Int.max
        /// Fleets that plans have woken.
        package var wakes = 0
        /// What every call throws.
        package var failure: (any Error)?
    }

    private let state = Mutex(State())

    package init() {}

    package func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    package var snapshot: State { state.withLock { $0 } }

    private func access<Value>(_ body: (inout State) throws -> Value) throws -> Value {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return try body(&state)
        }
    }

    package func report(_ worker: WorkerReport) async throws {
        try access { state in
            state.workers.removeAll { $0.name == worker.name }
            state.workers.append(worker)
        }
    }

    package func withdraw(_ worker: ConsumerName) async throws {
        try access { $0.workers.removeAll { $0.name == worker } }
    }

    package func look(at set: WorkerSetName) async throws -> FleetLook {
        try access { state in
            FleetLook(
                now: state.now,
                plan: state.plans[set],
                fleets: state.fleets.filter { $0.set == set },
                version: state.version,
                workers: state.workers
            )
        }
    }

    package func takeTurn(at set: WorkerSetName, every interval: Duration) async throws -> Bool {
        try access { state in
            defer { state.turns -= state.turns > 0 ? 1 : 0 }
            return state.turns > 0
        }
    }

    package func publish(_ plan: WorkerPlan, waking fleets: [FleetClaim]) async throws {
        try access { state in
            state.plans[plan.set.name] = plan
            state.wakes += fleets.count
        }
    }

    package func claim(_ claim: FleetClaim, at version: Int) async throws -> Bool {
        try access { state in
            let known = state.fleets.firstIndex { $0.fleet == claim.fleet && $0.set == claim.set }
            if known.map({ state.fleets[$0].count }) != claim.count {
                guard state.version == version else { return false }
                state.version += 1
            }
            if let known { state.fleets[known] = claim } else { state.fleets.append(claim) }
            return true
        }
    }

    package func release(_ claim: FleetClaim) async throws {
        try access { state in
            state.fleets.removeAll { $0.fleet == claim.fleet && $0.set == claim.set }
            state.version += 1
        }
    }

    package func waitForPlan(of set: WorkerSetName, timeout: Duration) async throws {
        try await Task.sleep(for: min(timeout, .milliseconds(10)))
    }
}
