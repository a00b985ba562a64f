/// What happened in one pool between looks: how fast it drains, and what its tenants got against their weights. Pure.
struct PoolDifference: Sendable, Equatable {
    /// What one tenant got of one class.
    struct Share: Sendable, Equatable {
        /// Nil when unknown.
        var tokensPerMinute: Double?
        /// Its part of the tokens of its class, from 0 to 1, among those who took part throughout; else nil.
        var part: Double?
        /// That part against its part of their weights: 1 is just fair.
        var againstWeight: Double?
    }

    private(set) var jobsPerSecond: Double?
    private(set) var tokensPerMinute: Double?
    private var shares: [TenantView.Flow: Share] = [:]

    /// Nothing is known.
    init() {}

    /// - Parameter looks: two or more looks at the pool, oldest first; rates are between the first and the last.
    init(_ looks: [(time: Duration, pool: PoolView)]) {
        guard let first = looks.first, let last = looks.last, last.time > first.time else { return }
        let minutes = (last.time - first.time) / .seconds(60)
        jobsPerSecond = Self.growth(first.pool.takenJobs, last.pool.takenJobs).map { Double($0) / minutes / 60 }
        tokensPerMinute = Self.growth(first.pool.takenTokens, last.pool.takenTokens).map { Double($0) / minutes }
        let served = Self.served(first.pool, last.pool)
        shares = served.mapValues { Share(tokensPerMinute: Double($0) / minutes) }
        compare(served, Self.competitors(looks.map(\.pool)))
    }

    /// What the tenant got of the class.
    subscript(flow: TenantView.Flow) -> Share { shares[flow] ?? Share() }

    /// Among tenants of one class; a tenant's part of the tokens is its part of the weights where all is fair.
    private mutating func compare(_ served: [TenantView.Flow: Int], _ competitors: [TenantView]) {
        for rivals in Dictionary(grouping: competitors, by: \.flow.jobClass).values {
            let known = rivals.filter { served[$0.flow] != nil }
            let tokens = known.reduce(0) { $0 + Double(served[$1.flow] ?? 0) }
            let weights = known.reduce(0) { $0 + Double($1.weight) }
            guard tokens > 0, weights > 0 else { continue }
            for tenant in known {
                let part = Double(served[tenant.flow] ?? 0) / tokens
                shares[tenant.flow]?.part = part
                shares[tenant.flow]?.againstWeight = tenant.weight > 0 ? part / (Double(tenant.weight) / weights) : nil
            }
        }
    }

    /// Tokens that tenants of both looks were served in between; a counter that began anew tells nothing.
    private static func served(_ first: PoolView, _ last: PoolView) -> [TenantView.Flow: Int] {
        let before = first.tenants.reduce(into: [:]) { $0[$1.flow] = $1.servedTokens }
        return last.tenants.reduce(into: [:]) { served, tenant in
            served[tenant.flow] = growth(before[tenant.flow], tenant.servedTokens)
        }
    }

    /// Those who competed for their share in every look, with their weight of the last one. Whoever was idle, held back by
    /// a bound of its own or reweighted in between has no share that could be judged.
    private static func competitors(_ pools: [PoolView]) -> [TenantView] {
        guard let last = pools.last else { return [] }
        let earlier = pools.dropLast().map { pool in
            pool.tenants.reduce(into: [:]) { $0[$1.flow] = $1.takesPart ? $1.weight : nil }
        }
        return last.tenants.filter { tenant in
            tenant.takesPart && earlier.allSatisfy { $0[tenant.flow] == tenant.weight }
        }
    }

    private static func growth(_ before: Int?, _ after: Int?) -> Int? {
        guard let before, let after, after >= before else { return nil }
        return after - before
    }
}
