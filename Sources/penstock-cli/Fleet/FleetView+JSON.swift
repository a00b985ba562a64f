import JSON

extension FleetView {
    /// - Throws: `CLIError.unexpectedAnswer` when it is no fleet.
    init(_ json: JSONValue) throws(CLIError) {
        guard json["sets"]?.kind == .array else { throw .unexpectedAnswer("the server's answer is no fleet") }
        for set in json.list("sets") { sets.append(try WorkerSetView(set)) }
        for worker in json.list("workers") { workers.append(try WorkerView(worker)) }
        for fleet in json.list("fleets") { hosts.append(try FleetHostView(fleet)) }
    }
}

extension WorkerSetView {
    init(_ json: JSONValue) throws(CLIError) {
        id = try json.required("id")
        pools = json.list("pools").compactMap(\.string)
        desired = json.int("desired")
        reason = json.text("reason") ?? "unknown"
        explanation = json.text("explanation")
        since = json.int("since")
        plannedAt = json.int("planned_at")
        min = json.int("min")
        max = json.int("max")
        ready = json.int("ready")
        draining = json.int("draining")
        slots = json.int("slots")
        slotsInUse = json.int("slots_in_use")
        guard let inputs = json.object("inputs") else { return }
        bySlots = inputs.int("by_slots")
        byCPU = inputs.int("by_cpu")
        cpu = inputs.amount("cpu")
        calls = inputs.amount("calls")
        for pool in inputs.list("pools") { demands.append(try PoolDemandView(pool)) }
    }
}

extension PoolDemandView {
    init(_ json: JSONValue) throws(CLIError) {
        id = try json.required("id")
        reason = json.text("reason")
        arrivalsPerSecond = json.amount("arrivals_per_second")
        runnable = json.int("runnable")
        unfed = json.int("unfed")
        running = json.int("running")
        wantedPerSecond = json.amount("wanted_per_second")
        grantedPerSecond = json.amount("granted_per_second")
        serviceTime = json.int("service_time_ms")
        calls = json.amount("calls")
        limit = json.object("limit").map(Self.words(ofLimit:))
    }

    /// `3,000 requests/min of mini`
    private static func words(ofLimit limit: JSONValue) -> String {
        let dimension = limit.text("dimension") ?? "unknown"
        let number = limit.int("limit")?.grouped ?? "-"
        let amount =
            switch dimension {
            case "concurrency": "\(number) calls at once"
            case "requests_per_day": "\(number) requests left today"
            default: "\(number) \(dimension.replacing("_", with: " "))/min"
            }
        return limit.text("group").map { "\(amount) of \($0)" } ?? amount
    }
}

extension WorkerView {
    init(_ json: JSONValue) throws(CLIError) {
        id = try json.required("id")
        set = json.text("set")
        state = json.text("state")
        slots = json.int("slots")
        slotsInUse = json.int("slots_in_use")
        cpu = json.amount("cpu")
        since = json.int("since")
    }
}

extension FleetHostView {
    init(_ json: JSONValue) throws(CLIError) {
        id = try json.required("id")
        set = json.text("set")
        host = json.text("host")
        share = json.int("share")
        max = json.int("max")
        failing = json.int("failing")
        since = json.int("since")
    }
}

extension JSONValue {
    /// A number that people can read: nothing below zero and nothing that nobody can have measured.
    fileprivate func amount(_ key: String) -> Double? {
        self[key]?.double.map { Swift.min(Swift.max($0, 0), 1e12) }
    }
}
