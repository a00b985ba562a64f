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

    mutating func tighten(_ held: Held, _ signals: RateSignals?, _ verdict: TargetVerdict) {
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
            watch(place, Double(remaining), level.reset, limit, verdict)
            let short = shortBucket(place, limit: limit)
            let lacking = (short.map { $0 * 0.1 } ?? max(limit * 0.1, dimension == "r" ? 1 : 0)) - Double(remaining)
            guard lacking > 0 else { continue }
            let wait = min(lacking * 60_000 / limit, level.reset.map { Double($0.wholeMilliseconds) } ?? .infinity)
            let burst = Self.burst(Self.holds(short, max(interval, Self.bucket / limit)))
            gates[place] = max(gates[place] ?? 0, now + wait + burst)
        }
    }

    // MARK: The size of its buckets

    private mutating func watch(
        _ place: String,
        _ remaining: Double,
        _ reset: Duration?,
        _ limit: Double,
        _ verdict: TargetVerdict
    ) {
        var bucket = buckets[place] ?? Bucket(since: now)
        if case .limited = verdict, reset == nil {
            bucket = Bucket(since: now)
        } else if now - bucket.since >= 600_000 {
            bucket = Bucket(before: bucket.most, since: now)
        }
        // A second less, as resets may be rounded up.
        let comingBack = max(0, (reset.map { Double($0.wholeMilliseconds) } ?? 0) - 1000) * limit / 60_000
        bucket.most = max(bucket.most, remaining + comingBack + 1)
        buckets[place] = bucket
    }

    /// What a bucket holds that was watched for 20 seconds and is shorter than a minute.
    func shortBucket(_ place: String, limit: Double) -> Double? {
        guard let bucket = buckets[place], bucket.before > 0 || now - bucket.since >= 20_000 else { return nil }
        let most = max(bucket.most, bucket.before) - 1
        return most < limit * 0.8 ? most : nil
    }

    /// Paced milliseconds that a bucket holds.
    static func holds(_ short: Double?, _ interval: Double) -> Double {
        short.map { min($0 * interval, bucket) } ?? bucket
    }

    static func burst(_ holds: Double) -> Double { min(900, holds * 0.9) }

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
