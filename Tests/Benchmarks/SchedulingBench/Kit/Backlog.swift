import Penstock

/// Tenants that always have work, at a provider with limits, for so many seconds.
struct Backlog: Sendable {
    struct Tenant: Sendable {
        var name: String
        var weight = 1
        /// When it has work, in seconds.
        var isActive: Range<Double> = 0..<Double.infinity
    }

    /// Jobs that wait per tenant: every ended one is replaced.
    private static let depth = 40
    private static let workers = 2
    private static let places = 256

    let pool: Pool
    let provider: SimulatedProvider
    let tenants: [Tenant]
    let trace: Trace
    let seconds: Double

    /// - Returns: all calls in the order of their start.
    func run(in bed: Bed) async throws -> [Journal.Start] {
        let lane = try await bed.lane(pool)
        let lanes = try await Self.lanes(Self.workers, of: pool, in: bed)
        let stop = StopSign()
        for tenant in tenants {
            try await lane.queue.setPolicy(TenantPolicy(weight: tenant.weight), for: TenantID(trusted: tenant.name))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Keeper(lane: lane, stop: stop).run() }
            for tenant in tenants { group.addTask { try await begin(tenant, lane) } }
            for (number, lane) in lanes.enumerated() {
                let worker = Worker(lane, number, places: Self.places, stop: stop)
                group.addTask { try await worker.run { try await serve($0, lane) } }
            }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                stop.raise()
            }
            try await group.waitForAll()
        }
        for lane in lanes + [lane] { await lane.close() }
        return provider.journal.starts
    }

    static func lanes(_ count: Int, of pool: Pool, in bed: Bed) async throws -> [Lane] {
        var lanes: [Lane] = []
        for _ in 0..<count { lanes.append(try await bed.lane(pool)) }
        return lanes
    }

    private func begin(_ tenant: Tenant, _ lane: Lane) async throws {
        guard tenant.isActive.lowerBound < seconds else { return }
        try await Task.sleep(for: .seconds(tenant.isActive.lowerBound))
        try await lane.enqueue(trace.jobs(Self.depth, tenant.name, in: lane))
    }

    private func serve(_ taken: TakenJob, _ lane: Lane) async throws {
        guard try await Desk(lane: lane, provider: provider).serve(taken) else { return }
        let name = taken.job.tenant.text
        guard let tenant = tenants.first(where: { $0.name == name }) else { return }
        if tenant.isActive.contains(provider.journal.seconds) {
            try await lane.enqueue(trace.jobs(1, name, in: lane))
        }
    }
}
