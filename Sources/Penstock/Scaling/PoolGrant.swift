/// A limit that lets a pool do no more than it does.
package struct BindingLimit: Sendable, Equatable {
    /// What is limited; those of a limit group per minute, and these.
    package enum Dimension: String, Sendable, CaseIterable {
        case requests, tokens
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        /// Calls at once.
        case concurrency
        case requestsPerDay = "requests_per_day"

        init(_ dimension: LimitGroupOverview.Dimension) {
            switch dimension {
            case .requests: self = .requests
            case .tokens: self = .tokens
            case .inputTokens: self = .inputTokens
            case .outputTokens: self = .outputTokens
            }
        }
    }

    /// The limit group, or the target with a cap of its own.
    package var group: String
    package var dimension: Dimension
    /// Per minute; of `concurrency` calls at once; of `requestsPerDay` what is left today.
    package var limit: Int

    package init(group: String, dimension: Dimension, limit: Int) {
        self.group = group
        self.dimension = dimension
        self.limit = limit
    }
}

/// What limits, caps and blocks let a pool do at one moment.
package struct PoolGrant: Sendable, Equatable {
    /// Why nothing may be called.
    package enum Closed: Sendable, Equatable {
        case paused
        /// For a while: the first call after it tries.
        case blocked
        /// Until an operator resumes it.
        case stopped
    }

    /// Nil while some target may be called.
    package var closed: Closed?
    /// Jobs that may begin per second; nil is no limit.
    package var callsPerSecond: Double?
    /// Calls at once; nil is any number.
    package var calls: Int?
    /// What bounds `callsPerSecond`, and what bounds `calls`.
    package var rateLimit: BindingLimit?
    package var callsLimit: BindingLimit?

    package init(_ load: PoolLoad) {
        closed = Self.closed(load)
        guard closed == nil else {
            callsPerSecond = 0
            calls = 0
            return
        }
        var room = GrantRoom(load)
        var rate: Double? = 0
        var atOnce: Int? = 0
        // Targets that count against fewer groups first: what they leave, the others may use.
        for target in load.openTargets.sorted(by: { load.groups(of: $0).count < load.groups(of: $1).count }) {
            let groups = load.groups(of: target)
            let granted = room.takeRate(of: groups)
            rate = Self.sum(rate, granted.amount)
            rateLimit = rateLimit ?? granted.limit
            let places = room.takePlaces(of: target, groups)
            atOnce = Self.sum(atOnce, places.amount)
            callsLimit = callsLimit ?? places.limit
        }
        callsPerSecond = rate
        calls = atOnce
    }

    private static func sum<Number: Numeric>(_ sum: Number?, _ next: Number?) -> Number? {
        guard let sum, let next else { return nil }
        return sum + next
    }

    private static func closed(_ load: PoolLoad) -> Closed? {
        guard !load.isPaused else { return .paused }
        guard load.openTargets.isEmpty else { return nil }
        if load.targets.contains(where: \.isBlocked) { return .blocked }
        return load.targets.contains(where: \.isStopped) || load.targets.isEmpty ? .stopped : .paused
    }
}

/// What is left of the limits while targets are gone through one after the other.
private struct GrantRoom {
    private struct Group {
        /// Jobs per second; nil is no limit.
        var rate: Double?
        var rateLimit: BindingLimit?
        var places: Int?
        var placesLimit: BindingLimit?
    }

    private var groups: [String: Group]

    init(_ load: PoolLoad) {
        let pairs = load.groups.map { ($0.name, Self.room($0, tokensPerJob: load.tokensPerJob)) }
        groups = Dictionary(pairs) { first, _ in first }
    }

    /// - Returns: what a target with these groups may begin per second; what is nil is not limited.
    mutating func takeRate(of names: [String]) -> (amount: Double?, limit: BindingLimit?) {
        let bounds = names.compactMap { groups[$0] }.compactMap { group in group.rate.map { ($0, group.rateLimit) } }
        guard let (granted, limit) = bounds.min(by: { $0.0 < $1.0 }) else { return (nil, nil) }
        for name in names {
            if let rate = groups[name]?.rate { groups[name]?.rate = max(0, rate - granted) }
        }
        return (granted, limit)
    }

    /// - Returns: how many calls at once a target with these groups may have.
    mutating func takePlaces(of target: TargetOverview, _ names: [String]) -> (amount: Int?, limit: BindingLimit?) {
        var bounds = names.compactMap { groups[$0] }.compactMap { group in
            group.places.map { ($0, group.placesLimit) }
        }
        if let cap = target.maxRunning {
            bounds.append((cap, BindingLimit(group: target.name, dimension: .concurrency, limit: cap)))
        }
        guard let (granted, limit) = bounds.min(by: { $0.0 < $1.0 }) else { return (nil, nil) }
        for name in names {
            if let places = groups[name]?.places { groups[name]?.places = max(0, places - granted) }
        }
        return (granted, limit)
    }

    private static func room(_ group: LimitGroupOverview, tokensPerJob: Double?) -> Group {
        var room = Group(
            places: group.maxRunning,
            placesLimit: group.maxRunning.map {
                BindingLimit(group: group.name, dimension: .concurrency, limit: $0)
            }
        )
        if group.requestsLeftToday == 0 {
            room.rate = 0
            room.rateLimit = BindingLimit(group: group.name, dimension: .requestsPerDay, limit: 0)
            return room
        }
        for limit in group.limits {
            guard let rate = limit.jobsPerSecond(tokensPerJob: tokensPerJob), rate < room.rate ?? .infinity else {
                continue
            }
            let dimension = BindingLimit.Dimension(limit.dimension)
            room.rate = rate
            room.rateLimit = BindingLimit(group: group.name, dimension: dimension, limit: limit.perMinute)
        }
        return room
    }
}

extension PoolLoad {
    fileprivate var openTargets: [TargetOverview] {
        targets.filter { $0.state == .available || $0.state == .probing }
    }

    fileprivate func groups(of target: TargetOverview) -> [String] { groupsOfTargets[target.name] ?? [] }
}

extension TargetOverview {
    fileprivate var isBlocked: Bool { if case .blocked = state { true } else { false } }
    fileprivate var isStopped: Bool { if case .stopped = state { true } else { false } }
}

extension LimitGroupOverview.Limit {
    /// Nil when nobody knows what a job takes of it.
    fileprivate func jobsPerSecond(tokensPerJob: Double?) -> Double? {
        let known: Double? =
            switch dimension {
            case .requests: perCall ?? 1
            case .tokens: perCall ?? tokensPerJob
            case .inputTokens, .outputTokens: perCall
            }
        guard let known, known > 0 else { return nil }
        return Double(perMinute) / 60 / known
    }
}
