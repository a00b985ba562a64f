import JSON

/// What answers of the server mean. Pure.
enum Diagnosis {
    static func ofModels(_ models: [JSONValue]) -> Finding {
        guard models.isEmpty else { return Finding(grade: .good, text: "\(models.count) models can be named") }
        return Finding(
            grade: .bad,
            text: "there are no models",
            advice: "The server's settings need `pools` and `routes`; see ops/operating.md."
        )
    }

    /// Signed webhooks are refused by receivers whose clock differs by more than this, and deadlines are moments.
    private static let webhookTolerance = 300
    private static let usualSkew = 5

    /// - Parameters:
    ///   - server: unix seconds, as its answer's `Date` says; nil when it says none.
    ///   - local: unix seconds here, when the answer came.
    static func ofClock(server: Int?, local: Int) -> Finding {
        guard let server else {
            return Finding(
                grade: .caution,
                text: "the clocks were not compared: the answer has no Date",
                advice: "A proxy before the server may have removed it."
            )
        }
        let skew = local - server
        let direction = skew > 0 ? "ahead of" : "behind"
        guard abs(skew) > usualSkew else { return Finding(grade: .good, text: "this clock and the server's agree") }
        return Finding(
            grade: abs(skew) > webhookTolerance ? .bad : .caution,
            text: "this clock is \(TimeText.span(.seconds(abs(skew)))) \(direction) the server's",
            advice: "Synchronise both (NTP): deadlines and the verification of webhooks depend on them."
        )
    }

    static func ofEndpoints(_ endpoints: [JSONValue]) -> [Finding] {
        endpoints.compactMap { endpoint in
            let id = endpoint.text("id") ?? "?"
            if let since = TimeText.utc(endpoint.int("disabled_at")) {
                return Finding(
                    grade: .bad,
                    text: "the webhook endpoint \(id) has been disabled since \(since)",
                    advice: "Once its receiver answers 2xx again: penstock webhooks enable \(id)"
                )
            }
            guard let since = TimeText.utc(endpoint.int("failing_since")) else { return nil }
            return Finding(
                grade: .caution,
                text: "the webhook endpoint \(id) has taken nothing since \(since)",
                advice: "penstock webhooks deliveries --endpoint \(id)"
            )
        }
    }

    static func ofPools(_ pools: [JSONValue]) -> [Finding] {
        pools.flatMap { pool in ofPool(pool) + pool.list("targets").compactMap { ofTarget($0) } }
    }

    private static func ofPool(_ pool: JSONValue) -> [Finding] {
        let id = pool.text("id") ?? "?"
        let (waiting, running) = (pool.int("waiting") ?? 0, pool.int("running") ?? 0)
        var findings: [Finding] = []
        if pool["configured"]?.bool == false {
            findings.append(
                Finding(
                    grade: .bad,
                    text: "the pool \(id) still has \(waiting + running) jobs and is not in the settings any more",
                    advice: "Put it back, or let its jobs end (scheduler.removed_pool_grace_seconds)."
                )
            )
        }
        if pool["paused"]?.bool == true {
            findings.append(
                Finding(grade: .caution, text: "the pool \(id) is paused", advice: "penstock resume --pool \(id)")
            )
        }
        let waitsForWorkers = pool.list("tenants").contains { $0.text("parked") == "no_worker" }
        if waitsForWorkers || (waiting > 0 && running == 0 && pool["paused"]?.bool != true) {
            findings.append(
                Finding(
                    grade: .bad,
                    text: "\(waiting) jobs wait in the pool \(id) and none runs",
                    advice: "Do workers run (penstockd worker)? penstock status JOB says what one waits for."
                )
            )
        }
        guard findings.isEmpty else { return findings }
        return [Finding(grade: .good, text: "the pool \(id): \(waiting) jobs wait, \(running) run")]
    }

    private static func ofTarget(_ target: JSONValue) -> Finding? {
        let id = target.text("id") ?? "?"
        switch target.text("state") {
        case "stopped":
            return Finding(
                grade: .bad,
                text: "the target \(id) is stopped: its account has no quota left",
                advice: "Once there is money again: penstock resume --target \(id)"
            )
        case "paused":
            return Finding(
                grade: .caution,
                text: "the target \(id) is paused",
                advice: "penstock resume --target \(id)"
            )
        case "blocked":
            return Finding(grade: .caution, text: "the target \(id) was refused by its provider a moment ago")
        default: return nil
        }
    }
}
