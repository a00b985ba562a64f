import Penstock
import Synchronization

/// Ends the loops of a scenario.
final class StopSign: Sendable {
    private let raised = Atomic(false)

    var isRaised: Bool { raised.load(ordering: .relaxed) }

    func raise() { raised.store(true, ordering: .relaxed) }
}

/// One worker process, without the process: takes when it has room, as the real one does.
struct Worker: Sendable {
    /// Jobs per take, as a worker process asks for.
    static let mostPerTake = 64

    let lane: Lane
    let name: ConsumerName
    let places: Places
    let stop: StopSign

    init(_ lane: Lane, _ number: Int, places: Int, stop: StopSign) {
        self.lane = lane
        name = ConsumerName("worker-\(number)")
        self.places = Places(places)
        self.stop = stop
    }

    /// Runs until told to stop, then until the last taken job is done.
    func run(_ work: @escaping @Sendable (TakenJob) async throws -> Void) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while !stop.isRaised {
                let room = await places.take(atMost: Self.mostPerTake)
                let result = try await lane.queue.take(room, for: name)
                places.release(room - result.jobs.count)
                for taken in result.jobs {
                    group.addTask {
                        try await work(taken)
                        places.release(1)
                    }
                }
                if result.wait != .zero {
                    let longest = Duration.milliseconds(500)
                    try await lane.queue.waitForWork(timeout: min(result.wait ?? longest, longest))
                }
            }
        }
    }
}

/// What a scheduler process does for a pool: the tick, and the end of what passed its deadline.
struct Keeper: Sendable {
    let lane: Lane
    let stop: StopSign

    /// Runs until told to stop. A live worker's leases need no renewal here: nobody reclaims.
    func run(_ expired: @escaping @Sendable (QueuedJob) -> Void = { _ in }) async throws {
        while !stop.isRaised {
            _ = try await lane.queue.tick()
            let overdue = try await lane.queue.overdue(limit: 200)
            overdue.forEach(expired)
            if !overdue.isEmpty { try await lane.queue.remove(overdue) }
            if overdue.count < 200 { try await Task.sleep(for: .milliseconds(200)) }
        }
    }
}
