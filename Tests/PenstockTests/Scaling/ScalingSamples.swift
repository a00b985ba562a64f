import Penstock

/// What tests of the autoscaler say of pools.
extension PoolLoad {
    static let start = Timestamp(milliseconds: 1_764_565_200_000)

    /// A look `seconds` after the first one at a pool with one target and one limit group.
    static func test(
        after seconds: Double = 0,
        state: TargetOverview.State = .available,
        cap: Int? = nil,
        requestsPerMinute: Int? = nil,
        tokensPerMinute: Int? = nil,
        _ change: (inout PoolLoad) -> Void = { _ in }
    ) -> PoolLoad {
        var limits: [LimitGroupOverview.Limit] = []
        if let limit = requestsPerMinute {
            limits.append(.init(dimension: .requests, perMinute: limit, isLearned: false, use: 0, perCall: 1))
        }
        if let limit = tokensPerMinute {
            limits.append(.init(dimension: .tokens, perMinute: limit, isLearned: false, use: 0))
        }
        var load = PoolLoad(
            at: start.adding(.seconds(seconds)),
            targets: [TargetOverview(name: "t", state: state, running: 0, maxRunning: nil)],
            groups: [LimitGroupOverview(name: "g", running: 0, maxRunning: cap, limits: limits)],
            groupsOfTargets: ["t": ["g"]]
        )
        change(&load)
        return load
    }
}

extension PoolDemand {
    static let poolName = PoolName("p")

    /// Of a pool whose calls take `service` seconds.
    init(_ load: PoolLoad, service: Double?, _ bounds: ScalingBounds = ScalingBounds(slots: 250)) {
        self.init(Self.poolName, load, PoolPace(service: service), bounds)
    }
}
