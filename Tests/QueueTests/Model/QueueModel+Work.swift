import Penstock

/// Taking, settling, and what happens to leases.
extension QueueModel {
    struct Taken: Equatable {
        var name: String
        var target: String
        var attempts: Int
        var deaths: Int
    }

    /// - Parameter leases: what the queue gave them, in order.
    mutating func take(_ limit: Int, for consumer: ConsumerName, leases given: [Lease]) -> ([Taken], wait: Double?) {
        for flow in parked.filter({ $0.value <= now }).sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            unpark(flow.key)
        }
        var taken: [Taken] = []
        var wait: Double?
        while taken.count < limit, let (entry, clock) = nextJob() {
            // Nobody passes the job whose turn it is.
            let gate = choose(0, 0).flatMap {
                $0.wait > 0 ? $0 : choose(entry.job.estimate.input, entry.job.estimate.output)
            }
            guard let gate, gate.wait <= 0 else {
                if let gate, gate.wait < Self.never { wait = gate.wait.rounded(.up) }
                break
            }
            let lease = taken.count < given.count ? given[taken.count] : nil
            handOut(entry, clock, gate.target, lease)
            taken.append(
                Taken(name: entry.name, target: gate.target.name, attempts: entry.attempts, deaths: entry.deaths)
            )
        }
        if taken.count == limit {
            wait = 0
        } else {
            if wait == nil, let due = parked.values.min(), due < Self.never { wait = max(1, (due - now).rounded(.up)) }
            wait = wait.flatMap { setAlarm($0, for: consumer) }
        }
        return (taken, wait)
    }

    /// One of those who wait for the same moment is enough.
    private mutating func setAlarm(_ wait: Double, for consumer: ConsumerName) -> Double? {
        if let alarm, alarm.owner.text != consumer.text, alarm.at > now, alarm.at <= now + wait { return nil }
        alarm = (now + wait, consumer)
        return wait
    }

    /// The class with the lowest clock, in it the tenant with the lowest, of it the job with the earliest deadline.
    private mutating func nextJob() -> (Entry, clock: Double)? {
        while true {
            let letters = Self.letters.filter { letter in clocks.keys.contains { Self.letter($0) == letter } }
            guard let letter = letters.min(by: { classes["v:\($0)"] ?? 0 < classes["v:\($1)"] ?? 0 }),
                let (flow, clock) = clocks.filter({ Self.letter($0.key) == letter })
                    .min(by: { ($0.value, $0.key) < ($1.value, $1.key) })
            else { return nil }
            let wait = tenantWait(Self.tenant(flow))
            if wait > 0 {
                park(flow, till: wait < Self.never ? now + wait : Self.never)
            } else if let entry = waiting(in: flow).first(where: { $0.deadline >= now }) {
                return (entry, clock)
            } else {
                park(flow, till: now + 1000)
            }
        }
    }

    private mutating func handOut(_ entry: Entry, _ clock: Double, _ target: Target, _ lease: Lease?) {
        let lease = lease ?? Lease(pool: pool.name, key: "none", token: AttemptID("none"))
        let letter = Self.letter(entry.flow)
        let held = Held(
            lease: lease,
            name: entry.name,
            flow: entry.flow,
            target: target.name,
            groups: groups(of: target).map { ($0.name, intervals(of: $0)) },
            input: entry.job.estimate.input,
            output: entry.job.estimate.output,
            classWeight: pool.classWeights[entry.job.jobClass] ?? 1,
            taken: now
        )
        for scope in scopes(of: held) { noteProbe(scope, lease.key) }
        openWindow(target)
        for group in groups(of: target) { countOfDay(group) }
        for group in held.groups {
            for (dimension, amount) in Self.amounts(held.input, held.output) {
                moveClock("\(dimension)~\(group.name)", amount * (group.intervals[dimension] ?? 0))
                gates["u~\(dimension)~\(group.name)", default: 0] += amount
            }
        }
        leases[lease.key] = held
        classes["floor"] = max(classes["floor"] ?? 0, classes["v:\(letter)"] ?? 0)
        classes["f:\(letter)"] = max(classes["f:\(letter)"] ?? 0, clock)
        charge(held, input: held.input, output: held.output)
        chargeRates(Self.tenant(held.flow), requests: 1, tokens: 0)
        classes["jobs", default: 0] += 1
        entries[entry.name]?.place = .running(key: lease.key)
        refresh(entry.flow)
    }

    private mutating func drop(_ held: Held) {
        for scope in scopes(of: held) where probes[scope] == held.lease.key { probes[scope] = "due" }
        leases[held.lease.key] = nil
    }

    func holds(_ lease: Lease) -> Held? {
        leases[lease.key].flatMap { $0.lease == lease ? $0 : nil }
    }

    /// A call that ended; `retry` is the delay in ms and whether it counts as an attempt, nil when the job is done.
    struct Ending {
        var lease: Lease
        var settlement: Settlement
        var retry: (delay: Double, counts: Bool)?
    }

    /// Those of one script: who waits again, and whom the free slots let go, comes after all of them.
    mutating func settle(_ endings: [Ending]) -> [Bool] {
        var waiting: [String] = []
        var owners: [TenantID] = []
        let answers = endings.map { settle($0, &waiting, &owners) }
        for name in waiting { waitAgain(name) }
        for owner in owners { letGo(owner) }
        return answers
    }

    private mutating func settle(_ ending: Ending, _ waiting: inout [String], _ owners: inout [TenantID]) -> Bool {
        let (lease, settlement) = (ending.lease, ending.settlement)
        guard let held = holds(lease) else { return leases[lease.key] == nil && !takenBack.contains(lease.key) }
        var used = settlement.usage.map { ($0.input, $0.output) } ?? (held.input, held.output)
        if !settlement.mayHaveBeenSent { used = (0, 0) }
        settleLimits(held, input: used.0, output: used.1, isSent: settlement.mayHaveBeenSent)
        let paid = settlement.chargesTenant ? used : (0, 0)
        charge(held, input: paid.0 - held.input, output: paid.1 - held.output)
        if !settlement.mayHaveBeenSent { chargeRates(Self.tenant(held.flow), requests: -1, tokens: 0) }
        learn(settlement.target, held)
        adapt(held, settlement.target, settlement.firstByte.map { Double($0.wholeMilliseconds) })
        tighten(held, settlement.signals, settlement.target)
        drop(held)
        owners.append(Self.tenant(held.flow))
        if isAnswered(held.name), !held.isCancelled {
            entries[held.name]?.place = .answered
        } else if held.isCancelled || ending.retry == nil {
            forget(held.name)
        } else if let retry = ending.retry, let entry = entries[held.name] {
            if retry.counts { entries[held.name]?.attempts += 1 }
            if retry.delay > 0 {
                entries[held.name]?.place = .delayed(until: min(now + retry.delay, entry.deadline))
            } else {
                waiting.append(held.name)
            }
        }
        return true
    }

    private mutating func learn(_ verdict: TargetVerdict, _ held: Held) {
        switch verdict {
        case .limited(let pause):
            for scope in scopes(of: held) { refuse(scope, Double(pause.wholeMilliseconds)) }
        case .overloaded(.some(let pause)) where pause > .zero:
            refuse("t~\(held.target)", Double(pause.wholeMilliseconds))
        case .exhausted:
            stopped.insert(held.target)
        case .answered:
            for scope in scopes(of: held) where probes[scope] == held.lease.key { probes[scope] = nil }
        case .none, .overloaded: break
        }
    }

    mutating func requeue(_ lease: Lease) {
        guard let held = holds(lease) else { return }
        charge(held, input: -held.input, output: -held.output)
        // Its place is kept until it is given up: the job runs while its lease is there.
        drop(held)
        letGo(Self.tenant(held.flow))
        takenBack.insert(lease.key)
        entries[held.name]?.deaths += 1
        if isAnswered(held.name) { entries[held.name]?.place = .answered } else { waitAgain(held.name) }
    }

    mutating func forget(_ name: String) {
        guard let entry = entries.removeValue(forKey: name) else { return }
        if let batch = entry.job.line?.batch { endFeed(batch) } else { ended.insert(name) }
    }

    /// A batch that nobody feeds is forgotten with its last line.
    mutating func endFeed(_ batch: BatchID) {
        if feeds[batch]?.cursor == nil, !entries.values.contains(where: { $0.job.line?.batch == batch }) {
            feeds[batch] = nil
        }
    }
}
