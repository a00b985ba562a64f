import JSON
import Penstock

/// How a job stands in its stream entry: the fields the scripts read, and one JSON text that only we read.
enum JobCodec {
    /// class:tenant:deadline, the part of the backlog's member that the job decides.
    static func key(_ job: Job) -> String {
        "\(job.jobClass.letter):\(job.tenant):\(fixedWidth(job.deadline.milliseconds))"
    }

    /// input:output.
    static func estimate(_ job: Job) -> String { "\(max(0, job.estimate.input)):\(max(0, job.estimate.output))" }

    static func body(_ job: Job) -> [UInt8] {
        switch job.body {
        case .inline(let bytes): bytes
        case .inLedger: []
        }
    }

    static func meta(_ job: Job) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", job.line == nil ? job.id.text : nil)
            writer.member("t", job.tenant.text)
            writer.member("c", job.jobClass.rawValue)
            writer.member("d", job.deadline.milliseconds)
            writer.member("n", job.createdAt.milliseconds)
            writer.member("e", job.endpoint.rawValue)
            writer.member("m", job.model)
            writer.member("i", job.estimate.input)
            writer.member("o", job.estimate.output)
            writer.memberIfPresent("f", job.tags.feature)
            writer.memberIfPresent("u", job.tags.customer)
            writer.memberIfPresent("ba", job.line?.batch.text)
            writer.memberIfPresent("li", job.line?.number)
            writer.memberIfPresent("ci", job.line?.customID)
            writer.memberIfPresent("du", job.durability == .ledger ? true : nil)
            writer.memberIfPresent("bl", job.body == .inLedger ? true : nil)
            writer.memberIfPresent("wu", job.webhook?.url)
            writer.memberIfPresent("ws", job.webhook?.secret.revealed)
            if !job.metadata.isEmpty {
                writer.key("md")
                writer.raw(job.metadata)
            }
        }
        return writer.bytes
    }

    /// - Throws: `CorruptEntry` when the text was not made by `meta`.
    static func decode(meta: [UInt8], body: [UInt8]) throws -> Job {
        guard let root = try? JSONDocument(parsing: meta).root,
            let tenant = root["t"]?.string,
            let jobClass = root["c"]?.string.flatMap(JobClass.init(rawValue:)),
            let deadline = root["d"]?.int64, let created = root["n"]?.int64,
            let endpoint = root["e"]?.string.flatMap(Endpoint.init(rawValue:)),
            let model = root["m"]?.string, let input = root["i"]?.int64, let output = root["o"]?.int64
        else { throw CorruptEntry() }
        let line = try self.line(root)
        guard let id = line.map({ JobID(batch: $0.batch, line: $0.number) }) ?? root["id"]?.string.map(JobID.init)
        else { throw CorruptEntry() }
        return Job(
            id: id,
            tenant: TenantID(trusted: tenant),
            jobClass: jobClass,
            deadline: Timestamp(milliseconds: deadline),
            createdAt: Timestamp(milliseconds: created),
            endpoint: endpoint,
            model: model,
            estimate: TokenEstimate(input: Int(input), output: Int(output)),
            tags: JobTags(feature: root["f"]?.string, customer: root["u"]?.string),
            metadata: root["md"].map { Array($0.rawBytes) } ?? [],
            line: line,
            durability: root["du"]?.bool == true ? .ledger : .redis,
            webhook: try webhook(root),
            body: root["bl"]?.bool == true ? .inLedger : .inline(body)
        )
    }

    private static func line(_ root: JSONValue) throws -> BatchLine? {
        guard let batch = root["ba"]?.string else { return nil }
        guard let number = root["li"]?.int64, let customID = root["ci"]?.string else { throw CorruptEntry() }
        return BatchLine(batch: BatchID(batch), number: Int(number), customID: customID)
    }

    private static func webhook(_ root: JSONValue) throws -> WebhookTarget? {
        guard let url = root["wu"]?.string else { return nil }
        guard let secret = root["ws"]?.string else { throw CorruptEntry() }
        return WebhookTarget(url: url, secret: Secret(secret))
    }

    /// 13 digits, so that text order is time order until the year 2286.
    private static func fixedWidth(_ milliseconds: Int64) -> String {
        let digits = String(max(0, milliseconds))
        return String(repeating: "0", count: max(0, 13 - digits.count)) + digits
    }
}

/// An entry that no version of `JobCodec` made.
struct CorruptEntry: Error, CustomStringConvertible {
    var description: String { "an entry of the queue cannot be read" }
}
