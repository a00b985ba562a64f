import Penstock

/// Virtual times, floors, and the tenants' own bounds.
extension QueueModel {
    mutating func activate(_ flow: String) {
        guard clocks[flow] == nil, parked[flow] == nil else { return }
        let letter = Self.letter(flow)
        if !clocks.keys.contains(where: { Self.letter($0) == letter }) {
            // A class that comes back gets no credit either.
            classes["v:\(letter)"] = max(classes["v:\(letter)"] ?? 0, classes["floor"] ?? 0)
        }
        let floor = classes["f:\(letter)"] ?? 0
        var clock = idle[flow] ?? 0
        if clock <= floor {
            clock = floor
            classes["f:\(letter)"] = Self.stored(floor + 0.001)
        }
        clocks[flow] = Self.stored(clock)
        idle[flow] = nil
    }

    private mutating func keepIdle(_ flow: String, _ clock: Double) {
        // Rounded first: what only differs by a double's noise is at the floor.
        let clock = Self.stored(clock)
        idle[flow] = clock > classes["f:\(Self.letter(flow))"] ?? 0 ? clock : nil
    }

    mutating func rest(_ flow: String) {
        guard let clock = clocks.removeValue(forKey: flow) else { return }
        keepIdle(flow, clock)
    }

    mutating func park(_ flow: String, till: Double) {
        rest(flow)
        parked[flow] = till.rounded(.up)
    }

    mutating func unpark(_ flow: String) {
        if parked.removeValue(forKey: flow) != nil, !waiting(in: flow).isEmpty { activate(flow) }
    }

    /// After a job of the flow left its place.
    mutating func refresh(_ flow: String) {
        guard waiting(in: flow).isEmpty else { return }
        parked[flow] = nil
        rest(flow)
    }

    mutating func charge(_ flow: String, _ cost: Double) {
        let amount = Self.stored(cost / Double(policy(Self.tenant(flow)).weight))
        if let clock = clocks[flow] {
            clocks[flow] = Self.stored(clock + amount)
        } else {
            keepIdle(flow, (idle[flow] ?? classes["f:\(Self.letter(flow))"] ?? 0) + amount)
        }
    }

    mutating func putInPlace(_ name: String) {
        guard let entry = entries[name] else { return }
        entries[name]?.place = .waiting
        activate(entry.flow)
    }

    mutating func waitAgain(_ name: String) {
        guard let entry = entries[name] else { return }
        if let batch = entry.job.line?.batch, feeds[batch]?.isPaused == true, entry.deadline > now {
            entries[name]?.place = .held
        } else {
            putInPlace(name)
        }
    }

    // MARK: A tenant's own bounds

    func tenantWait(_ tenant: TenantID) -> Double {
        let policy = policy(tenant)
        if policy.isPaused { return Self.never }
        if let cap = policy.maxRunning, running(of: tenant) >= cap { return Self.never }
        var wait = 0.0
        if policy.requestsPerMinute != nil { wait = max(wait, (rates["r~\(tenant)"] ?? 0) - 1000 - now) }
        if policy.tokensPerMinute != nil { wait = max(wait, (rates["t~\(tenant)"] ?? 0) - 1000 - now) }
        return wait
    }

    mutating func chargeRates(_ tenant: TenantID, requests: Int, tokens: Int) {
        let policy = policy(tenant)
        let moves = [
            ("r~\(tenant)", requests, policy.requestsPerMinute), ("t~\(tenant)", tokens, policy.tokensPerMinute),
        ]
        for (field, amount, perMinute) in moves {
            guard let perMinute, amount != 0 else { continue }
            let clock = rates[field] ?? 0
            rates[field] = (amount > 0 ? max(clock, now) : clock) + Double(amount) * (60_000 / Double(perMinute))
        }
    }

    mutating func letGo(_ tenant: TenantID) {
        let wait = tenantWait(tenant)
        for flow in Self.letters.map({ "\($0):\(tenant)" }) {
            if wait <= 0 {
                unpark(flow)
            } else if wait < Self.never, parked[flow] != nil {
                parked[flow] = (now + wait).rounded(.up)
            }
        }
    }

    /// Charges the clocks of the tenant and its class for tokens beyond what was charged before.
    mutating func charge(_ held: Held, input: Int, output: Int) {
        let cost = Double(input * pool.tokenWeights.input + output * pool.tokenWeights.output)
        charge(held.flow, cost)
        let virtual = "v:\(Self.letter(held.flow))"
        classes[virtual] = Self.stored((classes[virtual] ?? 0) + Self.stored(cost / Double(held.classWeight)))
        chargeRates(Self.tenant(held.flow), requests: 0, tokens: input + output)
        served[held.flow, default: 0] += cost
        classes["tokens", default: 0] += Double(input + output)
    }
}
