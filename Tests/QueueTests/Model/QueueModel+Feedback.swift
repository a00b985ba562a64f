import Penstock

/// What answers teach: adaptive concurrency, the provider's own numbers, its day.
extension QueueModel {
    // MARK: Adaptive concurrency

    func cap(of target: Target) -> Int? {
        guard let adaptive = target.adaptiveConcurrency else { return target.maxConcurrency }
        let window = Int(gates["w~\(target.name)"] ?? Double(adaptive.initial))
        return min(max(window, adaptive.least), adaptive.most, target.maxConcurrency ?? .max)
    }

    mutating func openWindow(_ target: Target) {
        guard let adaptive = target.adaptiveConcurrency, gates["w~\(target.name)"] == nil else { return }
        gates["w~\(target.name)"] = Double(adaptive.initial)
        if adaptive.followsFirstByte { gates["f~\(target.name)"] = 0 }
    }

    mutating func adapt(_ held: Held, _ verdict: TargetVerdict, _ firstByte: Double?) {
        guard let window = gates["w~\(held.target)"] else { return }
        switch verdict {
        case .limited, .overloaded: return cut(held, window * 0.5)
        case .answered: break
        case .none, .exhausted: return
        }
        if let usual = gates["f~\(held.target)"], let firstByte {
            let isFastest = usual == 0 || firstByte < usual
            gates["f~\(held.target)"] = isFastest ? firstByte : usual * 0.99 + firstByte * 0.01
            if usual > 0, firstByte > usual * 2 + 10 { return cut(held, window * 0.8) }
        }
        guard running(on: held.target) >= Int(window) else { return }
        let isSlowStart = gates["h~\(held.target)"].map { window < $0 } ?? true
        gates["w~\(held.target)"] = window + (isSlowStart ? 1 : 1 / window)
    }

    /// Once per flight.
    private mutating func cut(_ held: Held, _ window: Double) {
        guard held.taken > gates["k~\(held.target)"] ?? 0 else { return }
        gates["w~\(held.target)"] = max(1, window)
        gates["h~\(held.target)"] = max(1, window)
        gates["k~\(held.target)"] = now
    }

    // MARK: The provider's own numbers

    mutating func tighten(_ held: Held, _ signals: RateSignals?) {
        let levels = [
            ("r", signals?.requests), ("t", signals?.tokens), ("i", signals?.inputTokens), ("o", signals?.outputTokens),
        ]
        for (dimension, level) in levels {
            // They are of the first group that had a limit of this kind when the job was taken, else of the first.
            let limiting = held.groups.first { $0.intervals[dimension] ?? 0 > 0 }
            guard let level, let group = limiting ?? held.groups.first else { continue }
            let place = "\(dimension)~\(group.name)"
            if let limit = level.limit, limit > 0 { told[place] = (limit, now) }
            let interval = group.intervals[dimension] ?? 0
            let limit =
                level.limit.flatMap { $0 > 0 ? Double($0) : nil } ?? (interval > 0 ? Self.bucket / interval : nil)
            guard let limit, let remaining = level.remaining else { continue }
            let lacking = max(limit * 0.1, dimension == "r" ? 1 : 0) - Double(remaining)
            guard lacking > 0 else { continue }
            let wait = min(lacking * 60_000 / limit, level.reset.map { Double($0.wholeMilliseconds) } ?? .infinity)
            gates[place] = max(gates[place] ?? 0, now + wait + Self.burst)
        }
    }

    // MARK: Its day

    private static let day = 86_400_000.0

    private func day(of group: LimitGroup) -> Int {
        Int(((now - Double(group.dayStart.wholeMilliseconds)) / Self.day).rounded(.down))
    }

    private func requestsToday(_ group: LimitGroup) -> Int {
        days[group.name].flatMap { $0.day == day(of: group) ? $0.count : nil } ?? 0
    }

    func dayWait(_ group: LimitGroup) -> Double {
        guard let limit = group.requestsPerDay, requestsToday(group) >= limit else { return 0 }
        return Double(day(of: group) + 1) * Self.day + Double(group.dayStart.wholeMilliseconds) - now
    }

    mutating func countOfDay(_ group: LimitGroup) {
        if group.requestsPerDay != nil { days[group.name] = (day(of: group), requestsToday(group) + 1) }
    }
}
