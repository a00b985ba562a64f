import ArgumentParser
import Glibc
import JSON

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what is wrong with a set-up, step by step.",
        discussion: """
            Looks at the address, the key, the models, the webhook endpoints and, with an admin's key, at pools, workers \
            and targets. Changes nothing.

            Exit codes: 0 all is well, 1 something is wrong, 4 the server cannot be reached.
            """
    )

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let findings = try await connection.withAPI { try await Examination(api: $0).findings() }
        if format.json { try print(json: findings) } else { try print(findings) }
        if findings.contains(where: { $0.grade == .bad }) { throw ExitCode(CommandStatus.failure.rawValue) }
    }

    private func print(_ findings: [Finding]) throws {
        let colour = TextChannel.output.terminal.hasColour
        for finding in findings {
            let mark = Style.paint(finding.grade.mark, finding.grade.style, colour: colour)
            try TextChannel.output.line("\(mark)  \(finding.text.printable)")
            if let advice = finding.advice { try TextChannel.output.line("       \(advice.printable)") }
        }
    }

    private func print(json findings: [Finding]) throws {
        for finding in findings {
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("grade", finding.grade.rawValue)
                writer.member("text", finding.text)
                writer.member("advice", finding.advice)
            }
            try TextChannel.output.write(writer.bytes + [UInt8(ascii: "\n")])
        }
    }
}

/// One thing that was looked at.
struct Finding: Equatable {
    enum Grade: String {
        case good, caution, bad

        var mark: String {
            switch self {
            case .good: "ok   "
            case .caution: "note "
            case .bad: "WRONG"
            }
        }

        var style: Style {
            switch self {
            case .good: .good
            case .caution: .caution
            case .bad: .bad
            }
        }
    }

    var grade: Grade
    var text: String
    /// What to do about it.
    var advice: String?
}

/// Asks the server and judges its answers.
struct Examination {
    let api: API

    /// - Throws: when the server cannot be reached, or refuses the key: nothing else can be told then.
    func findings() async throws -> [Finding] {
        let welcome = try await api.get("/").root
        guard welcome.text("name") == "penstock" else {
            throw CLIError.unexpectedAnswer("\(api.address.text) answers, but not as Penstock")
        }
        var findings = [
            Finding(grade: .good, text: "Penstock \(welcome.text("version") ?? "?") answers at \(api.address.text)")
        ]
        let models = try await api.get("/v1/models").list()
        findings.append(Finding(grade: .good, text: "the API key is valid"))
        findings.append(Diagnosis.ofModels(models))
        findings += Diagnosis.ofEndpoints(
            try await api.list("/v1/webhook_endpoints", limit: ListLimit.allowed.upperBound)
        )
        do {
            findings += Diagnosis.ofPools(try await api.get("/v1/admin/pools").list())
        } catch CLIError.server(let failure) where failure.status == 403 {
            findings.append(
                Finding(
                    grade: .caution,
                    text: "pools and workers were not looked at",
                    advice: "That needs an admin's key."
                )
            )
        }
        return findings
    }
}

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
