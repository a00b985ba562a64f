import JSON
import Penstock
import Redis

/// How a job stands in Redis: what it has in common with others as its shape, the rest as its record. The scripts read
/// the fields at the front of both; the JSON and what is the job's own is read here only.
enum JobCodec {
    /// class:tenant|deadline of all lines|bytes of the model|model, then JSON.
    static func shape(of job: Job) -> [UInt8] {
        var text = "\(job.jobClass.letter):\(job.tenant)|"
        if job.line != nil { text += fixedWidth(job.deadline.milliseconds) }
        text += "|\(job.model.utf8.count)|\(job.model)"
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("e", job.endpoint.rawValue)
            writer.memberIfPresent("du", job.durability == .ledger ? true : nil)
            writer.memberIfPresent("bl", job.body == .inLedger ? true : nil)
            guard let line = job.line else { return }
            writer.member("ba", line.batch.text)
            writer.member("n", job.createdAt.milliseconds)
            writeTags(job.tags, to: &writer)
        }
        return Array(text.utf8) + writer.bytes
    }

    /// Empty where the shape has it.
    static func deadline(of job: Job) -> String { job.line == nil ? fixedWidth(job.deadline.milliseconds) : "" }

    static func output(_ estimate: TokenEstimate) -> String {
        "\(max(0, estimate.output))\(estimate.isOutputGuessed ? "g" : "")"
    }

    /// Of a line, its custom id; of a single job, JSON, and nothing where its id says all: memory is what a waiting job
    /// costs.
    static func own(_ job: Job) -> [UInt8] {
        if let line = job.line { return Array(line.customID.utf8) }
        let isTold = IDGenerator.mintingTime(of: job.id.text) == job.createdAt
        if isTold, job.tags.isEmpty, job.webhook == nil, job.metadata.isEmpty { return [] }
        var writer = JSONWriter()
        writer.object { writer in
            writer.memberIfPresent("n", isTold ? nil : job.createdAt.milliseconds)
            writeTags(job.tags, to: &writer)
            writer.memberIfPresent("wu", job.webhook?.url)
            writer.memberIfPresent("ws", job.webhook?.secret.revealed)
            if !job.metadata.isEmpty {
                writer.key("md")
                writer.raw(job.metadata)
            }
        }
        return writer.bytes
    }

    static func body(_ job: Job) -> [UInt8] {
        switch job.body {
        case .inline(let bytes): bytes
        case .inLedger: []
        }
    }

    private static func writeTags(_ tags: JobTags, to writer: inout JSONWriter) {
        writer.memberIfPresent("f", tags.feature)
        writer.memberIfPresent("u", tags.customer)
    }

    /// 13 digits, so that text order is time order until the year 2286.
    static func fixedWidth(_ milliseconds: Int64) -> String {
        let digits = String(max(0, milliseconds))
        return String(repeating: "0", count: max(0, 13 - digits.count)) + digits
    }
}

extension JobCodec {
    /// - Throws: `CorruptEntry` when the texts were not made by this codec and the scripts.
    static func decode(name: String, shape: [UInt8], record: [UInt8]) throws -> Job {
        var head = FieldReader(shape)
        let flow = String(decoding: try head.field(), as: UTF8.self).split(separator: ":", maxSplits: 1)
        let lineDeadline = try head.optionalNumber()
        let model = String(decoding: try head.bytes(Int(try head.number())), as: UTF8.self)
        var fields = FieldReader(record)
        _ = try fields.field()
        let deadline = try fields.optionalNumber() ?? lineDeadline
        let estimate = try estimate(&fields)
        let own = try fields.bytes(Int(try fields.number()))
        guard let common = try? JSONDocument(parsing: Array(head.rest)).root, let deadline, flow.count == 2,
            let jobClass = JobClass.allCases.first(where: { $0.letter == flow[0] }),
            let endpoint = common["e"]?.string.flatMap(Endpoint.init(rawValue:))
        else { throw CorruptEntry() }
        var job = Job(
            id: JobID(name),
            tenant: TenantID(trusted: String(flow[1])),
            jobClass: jobClass,
            deadline: Timestamp(milliseconds: deadline),
            createdAt: Timestamp(milliseconds: 0),
            endpoint: endpoint,
            model: model,
            estimate: estimate,
            durability: common["du"]?.bool == true ? .ledger : .redis,
            body: common["bl"]?.bool == true ? .inLedger : .inline(Array(fields.rest))
        )
        if let batch = common["ba"]?.string {
            try readLine(name, BatchID(batch), customID: own, common, into: &job)
        } else {
            try readSingle(own, into: &job)
        }
        return job
    }

    private static func estimate(_ fields: inout FieldReader) throws -> TokenEstimate {
        let input = try fields.number()
        let output = String(decoding: try fields.field(), as: UTF8.self)
        let isGuessed = output.hasSuffix("g")
        guard let tokens = Int(isGuessed ? output.dropLast() : output[...]) else { throw CorruptEntry() }
        return TokenEstimate(input: Int(input), output: tokens, isOutputGuessed: isGuessed)
    }

    /// A line's name ends in a letter and the line's number; the batch's number in the pool says nothing to others.
    private static func readLine(
        _ name: String,
        _ batch: BatchID,
        customID: ArraySlice<UInt8>,
        _ common: JSONValue,
        into job: inout Job
    ) throws {
        let digits = name.split(separator: "-").last?.dropFirst()
        guard let number = digits.flatMap({ Int($0) }), let created = common["n"]?.int64 else { throw CorruptEntry() }
        job.id = JobID(batch: batch, line: number)
        job.line = BatchLine(batch: batch, number: number, customID: String(decoding: customID, as: UTF8.self))
        job.createdAt = Timestamp(milliseconds: created)
        job.tags = tags(common)
    }

    private static func readSingle(_ own: ArraySlice<UInt8>, into job: inout Job) throws {
        guard let root = try? JSONDocument(parsing: own.isEmpty ? Array("{}".utf8) : Array(own)).root,
            let created = root["n"]?.int64.map(Timestamp.init(milliseconds:))
                ?? IDGenerator.mintingTime(of: job.id.text)
        else { throw CorruptEntry() }
        job.createdAt = created
        job.tags = tags(root)
        job.metadata = root["md"].map { Array($0.rawBytes) } ?? []
        guard let url = root["wu"]?.string else { return }
        guard let secret = root["ws"]?.string else { throw CorruptEntry() }
        job.webhook = WebhookTarget(url: url, secret: Secret(secret))
    }

    private static func tags(_ root: JSONValue) -> JobTags {
        JobTags(feature: root["f"]?.string, customer: root["u"]?.string)
    }
}

/// Reads texts whose fields end in `|`.
private struct FieldReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ text: [UInt8]) {
        rest = text[...]
    }

    mutating func field() throws -> ArraySlice<UInt8> {
        guard let end = rest.firstIndex(of: UInt8(ascii: "|")) else { throw CorruptEntry() }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }

    mutating func optionalNumber() throws -> Int64? {
        let field = try field()
        if field.isEmpty { return nil }
        guard let number = Int64(String(decoding: field, as: UTF8.self)) else { throw CorruptEntry() }
        return number
    }

    mutating func number() throws -> Int64 {
        guard let number = try optionalNumber() else { throw CorruptEntry() }
        return number
    }

    mutating func bytes(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, rest.count >= count else { throw CorruptEntry() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}

/// An entry that no version of `JobCodec` made.
struct CorruptEntry: Error, CustomStringConvertible {
    var description: String { "an entry of the queue cannot be read" }
}
