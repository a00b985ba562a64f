import Penstock

/// Targets and their limits.
extension QueueModel {
    static let dimensions = ["r", "t", "i", "o"]
    static let bucket = 60_000 / 0.98
    static let second = 1005.0

    func groups(of target: Target) -> [LimitGroup] {
        if target.limitGroups.isEmpty { return [LimitGroup(name: "@\(target.name)")] }
        return target.limitGroups.compactMap { name in pool.limitGroups.first { $0.name == name } }
    }

    func intervals(of group: LimitGroup) -> [String: Double] {
        let limits = [
            "r": group.requestsPerMinute, "t": group.tokensPerMinute, "i": group.inputTokensPerMinute,
            "o": group.outputTokensPerMinute,
        ]
        var intervals: [String: Double] = [:]
        for (dimension, configured) in limits {
            let limit = [configured, told["\(dimension)~\(group.name)"]?.limit].compactMap { $0 }.min()
            intervals[dimension] = limit.map { Self.bucket / Double($0) } ?? 0
        }
        return intervals
    }

    static func amounts(_ input: Int, _ output: Int) -> [String: Double] {
        ["r": 1, "t": Double(input + output), "i": Double(input), "o": Double(output)]
    }

    private func blockWait(_ scope: String) -> Double {
        let wait = (gates["b~\(scope)"] ?? 0) - now
        if wait > 0 { return wait }
        return probes[scope].map { $0 == "due" ? 0 : Self.never } ?? 0
    }

    private func groupWait(_ group: LimitGroup, _ input: Int, _ output: Int) -> Double {
        var waits = [blockWait("g~\(group.name)")]
        if let cap = group.maxConcurrency, running(in: group.name) >= cap { waits.append(Self.never) }
        waits.append(dayWait(group))
        let (amounts, intervals) = (Self.amounts(input, output), intervals(of: group))
        for dimension in Self.dimensions {
            guard let interval = intervals[dimension], interval > 0, let amount = amounts[dimension] else { continue }
            let clock = gates["\(dimension)~\(group.name)"] ?? 0
            let short = shortBucket("\(dimension)~\(group.name)", limit: Self.bucket / interval)
            let holds = Self.holds(short, interval)
            let room = amount * interval <= Self.second ? min(holds, Self.second) : holds
            // Not empty beyond the burst; or, for what would not fit, full enough.
            waits.append(clock - Self.burst(holds) - now)
            waits.append(clock + min(amount * interval, room) - room - now)
        }
        return waits.max() ?? 0
    }

    private func targetWait(_ target: Target, _ input: Int, _ output: Int) -> Double {
        if controls.pausedTargets.contains(target.name) || stopped.contains(target.name) { return Self.never }
        var waits = [0, blockWait("t~\(target.name)")]
        if let cap = cap(of: target), running(on: target.name) >= cap { waits.append(Self.never) }
        waits += groups(of: target).map { groupWait($0, input, output) }
        return waits.max() ?? 0
    }

    /// The target with the least wait, of those the one with the fewest calls, of those the first.
    func choose(_ input: Int, _ output: Int) -> (target: Target, wait: Double)? {
        if controls.isPaused { return nil }
        let waits = pool.targets.map { ($0, targetWait($0, input, output), running(on: $0.name)) }
        let best = waits.enumerated().min { left, right in
            (left.element.1, left.element.2, left.offset) < (right.element.1, right.element.2, right.offset)
        }
        return best.map { ($0.element.0, $0.element.1) }
    }

    mutating func moveClock(_ field: String, _ milliseconds: Double) {
        if milliseconds == 0 { return }
        let clock = gates[field] ?? 0
        gates[field] = (milliseconds > 0 ? max(clock, now) : clock) + milliseconds
    }

    /// The scopes that a refusal of the call blocks.
    func scopes(of held: Held) -> [String] { ["t~\(held.target)"] + held.groups.map { "g~\($0.name)" } }

    mutating func noteProbe(_ scope: String, _ key: String) {
        if probes[scope] == "due" { probes[scope] = key }
    }

    mutating func refuse(_ scope: String, _ milliseconds: Double) {
        gates["b~\(scope)"] = max(now + milliseconds, gates["b~\(scope)"] ?? 0)
        probes[scope] = "due"
    }

    mutating func settleLimits(_ held: Held, input: Int, output: Int, isSent: Bool) {
        let changes = [
            "r": isSent ? 0 : -1, "t": Double(input + output - held.input - held.output),
            "i": Double(input - held.input), "o": Double(output - held.output),
        ]
        for group in held.groups {
            if !isSent, let day = days[group.name] { days[group.name] = (day.day, max(0, day.count - 1)) }
            for dimension in Self.dimensions {
                let change = changes[dimension] ?? 0
                moveClock("\(dimension)~\(group.name)", change * (group.intervals[dimension] ?? 0))
                gates["u~\(dimension)~\(group.name)", default: 0] += change
            }
        }
    }
}
