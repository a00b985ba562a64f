import Penstock

/// What comes in, what ends without a worker, controls, and the tick.
extension QueueModel {
    mutating func enqueue(_ jobs: [Job]) {
        for job in jobs { add(job, name: job.id.text) }
    }

    private mutating func add(_ job: Job, name: String) {
        guard entries[name] == nil, !ended.contains(name), !isAnswered(name) else { return }
        entries[name] = Entry(job: job, name: name)
        waitAgain(name)
    }

    /// The first cap that leaves no room, with its number and what is used of it.
    func fullCap(_ tenant: TenantID, jobs: Int, tokens: Int) -> (AdmissionRefusal.Reason, cap: Int, used: Int)? {
        let mine = entries.values.filter { $0.job.tenant == tenant }
        func sum(_ entries: some Sequence<Entry>) -> Int {
            entries.reduce(0) { $0 + $1.job.estimate.input + $1.job.estimate.output }
        }
        let caps = policy(tenant).caps
        let checks: [(AdmissionRefusal.Reason, Int?, Int, Int)] = [
            (.tenantJobs, caps.jobs, mine.count, jobs), (.tenantTokens, caps.tokens, sum(mine), tokens),
            (.poolJobs, pool.caps.jobs, entries.count, jobs),
            (.poolTokens, pool.caps.tokens, sum(entries.values), tokens),
        ]
        for (reason, cap, used, more) in checks {
            if let cap, used + more > cap { return (reason, cap, used) }
        }
        return nil
    }

    mutating func feed(_ batch: BatchID, _ lines: [Job], from: FeedCursor?, to: FeedCursor) -> Bool {
        guard feeds[batch]?.cursor == from else { return false }
        if feeds[batch] == nil {
            feedsBegun += 1
            feeds[batch] = Feed(number: feedsBegun)
        }
        for line in lines { add(line, name: name(of: line)) }
        feeds[batch]?.cursor = to
        return true
    }

    func name(of job: Job) -> String {
        guard let line = job.line else { return job.id.text }
        let digits = "\(line.number)"
        let length = Character(Unicode.Scalar(UInt8(96 + digits.utf8.count)))
        return "\(feeds[line.batch]?.number ?? 0)-\(length)\(digits)"
    }

    mutating func forgetFeed(_ batch: BatchID) {
        feeds[batch]?.cursor = nil
        endFeed(batch)
    }

    mutating func remove(_ names: [String]) {
        for name in names {
            guard let entry = entries[name] else { continue }
            if case .running(let key) = entry.place {
                leases[key]?.isCancelled = true
            } else {
                forget(name)
                refresh(entry.flow)
            }
        }
    }

    /// - Returns: names of all that wait past their deadline.
    mutating func overdue() -> Set<String> {
        for entry in entries.values where entry.place == .waiting && entry.deadline <= now {
            entries[entry.name]?.place = .overdue
            refresh(entry.flow)
        }
        return Set(entries.values.filter { $0.place == .overdue }.map(\.name))
    }

    mutating func change(_ name: String, _ change: JobChange) {
        guard let entry = entries[name] else { return }
        entries[name]?.job.jobClass = change.jobClass ?? entry.job.jobClass
        entries[name]?.job.deadline = change.deadline ?? entry.job.deadline
        switch entry.place {
        case .waiting:
            putInPlace(name)
            refresh(entry.flow)
        case .delayed(let until):
            if let changed = entries[name] { entries[name]?.place = .delayed(until: min(until, changed.deadline)) }
        case .held, .overdue, .running, .answered: break
        }
    }

    mutating func setPaused(_ isPaused: Bool, _ batch: BatchID) {
        guard feeds[batch] != nil else { return }
        feeds[batch]?.isPaused = isPaused
        for entry in entries.values where entry.job.line?.batch == batch {
            if isPaused, entry.place == .waiting {
                entries[entry.name]?.place = .held
                refresh(entry.flow)
            } else if !isPaused, entry.place == .held {
                putInPlace(entry.name)
            }
        }
    }

    mutating func setPolicy(_ policy: TenantPolicy, _ tenant: TenantID) {
        policies[tenant] = policy
        letGo(tenant)
    }

    mutating func resume(_ target: Target) {
        stopped.remove(target.name)
        for scope in ["t~\(target.name)"] + groups(of: target).map({ "g~\($0.name)" }) {
            gates["b~\(scope)"] = nil
            probes[scope] = nil
        }
    }

    mutating func tick() -> PoolSnapshot {
        let due = entries.values.compactMap { entry -> (at: Double, entry: Entry)? in
            switch entry.place {
            case .delayed(let until) where until <= now: (until, entry)
            case .held where entry.deadline <= now: (entry.deadline, entry)
            default: nil
            }
        }
        for (_, entry) in due.sorted(by: { ($0.at, $0.entry.name) < ($1.at, $1.entry.name) }) {
            waitAgain(entry.name)
        }
        sweep()
        return snapshot()
    }

    func snapshot() -> PoolSnapshot {
        let waiting = entries.values.filter { $0.place == .waiting }
        let delayed = entries.values.filter {
            switch $0.place {
            case .delayed, .held: true
            default: false
            }
        }
        return PoolSnapshot(
            waiting: waiting.count,
            running: leases.count,
            delayed: delayed.count,
            tenants: Set(waiting.map(\.flow)).count,
            spooled: spool.count
        )
    }

    /// What is left of the idle and the gone, and notes of leases, by turns.
    private mutating func sweep() {
        switch sweepTurn {
        case 0:
            idle = idle.filter { $0.value > classes["f:\(Self.letter($0.key))"] ?? 0 }
            rates = rates.filter { $0.value >= now - 60_000 }
            served = served.filter { flow, _ in entries.values.contains { $0.job.tenant == Self.tenant(flow) } }
        // What is forgotten after an hour.
        default: break
        }
        sweepTurn = (sweepTurn + 1) % 2
    }
}
