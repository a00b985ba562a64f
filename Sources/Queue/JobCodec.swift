import JSON
import Penstock
import Redis

/// How a job stands in Redis: what it has in common with others as its shape, the rest as its record. The scripts read
/// the packed fields at the front of both (backlog.lua); the JSON and what is the job's own is read here only.
enum JobCodec {
    /// What is added to the output of a guess.
    private static let guess: Int64 = 1 << 31

    /// Class, tenant, deadline of all lines or 0, model, then JSON.
    static func shape(of job: Job) -> [UInt8] {
        var shape = ByteWriter()
        shape.raw(job.jobClass.letter.utf8)
        shape.integer(Int64(job.tenant.text.utf8.count), bytes: 1)
        shape.raw(job.tenant.text.utf8)
        shape.integer(job.line == nil ? 0 : job.deadline.milliseconds, bytes: 6)
        shape.integer(Int64(job.model.utf8.count), bytes: 2)
        shape.raw(job.model.utf8)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("e", job.endpoint.rawValue)
            writer.memberIfPresent("du", job.durability == .ledger ? true : nil)
            writer.memberIfPresent("bl", job.body == .inLedger ? true : nil)
            guard let line = job.line else { return }
            writer.member("ba", line.batch.text)
            writer.member("n", job.createdAt.milliseconds)
            writeTags(job.tags, to: &writer)
            writer.memberIfAny("h", job.headers)
        }
        return shape.bytes + writer.bytes
    }

    /// The record but for its first field, the key of the shape: deadline or 0 where the shape has it, estimates, what is
    /// the job's own, body.
    static func record(of job: Job) -> [UInt8] {
        let own = own(job)
        var record = ByteWriter()
        record.integer(job.line == nil ? job.deadline.milliseconds : 0, bytes: 6)
        record.integer(Int64(job.estimate.input), bytes: 4)
        let output = min(max(0, Int64(job.estimate.output)), guess - 1)
        record.integer(output + (job.estimate.isOutputGuessed ? guess : 0), bytes: 4)
        record.integer(Int64(own.count), bytes: 3)
        record.raw(own)
        if case .inline(let body) = job.body { record.raw(body) }
        return record.bytes
    }

    /// Of a line, its custom id; of a single job, JSON, and nothing where its id says all: memory is what a waiting job
    /// costs.
    private static func own(_ job: Job) -> [UInt8] {
        if let line = job.line { return Array(line.customID.utf8) }
        let isTold = IDGenerator.mintingTime(of: job.id.text) == job.createdAt
        if isTold, job.tags.isEmpty, job.webhook == nil, job.metadata.isEmpty, job.headers.isEmpty { return [] }
        var writer = JSONWriter()
        writer.object { writer in
            writer.memberIfPresent("n", isTold ? nil : job.createdAt.milliseconds)
            writeTags(job.tags, to: &writer)
            writer.memberIfPresent("wu", job.webhook?.url)
            writer.memberIfPresent("ws", job.webhook?.secret.revealed)
            writer.memberIfAny("h", job.headers)
            if !job.metadata.isEmpty {
                writer.key("md")
                writer.raw(job.metadata)
            }
        }
        return writer.bytes
    }

    private static func writeTags(_ tags: JobTags, to writer: inout JSONWriter) {
        writer.memberIfPresent("f", tags.feature)
        writer.memberIfPresent("u", tags.customer)
    }
}

extension JobCodec {
    /// - Throws: `CorruptEntry` when the texts were not made by this codec and the scripts.
    static func decode(name: String, shape: [UInt8], record: [UInt8]) throws -> Job {
        var head = ByteReader(shape)
        let letter = try head.text(1)
        let tenant = try head.text(Int(try head.integer(1)))
        let lineDeadline = try head.integer(6)
        let model = try head.text(Int(try head.integer(2)))
        var fields = ByteReader(record)
        _ = try fields.bytes(4)
        let deadline = try fields.integer(6)
        let estimate = try estimate(&fields)
        let own = try fields.bytes(Int(try fields.integer(3)))
        guard let common = try? JSONDocument(parsing: Array(head.rest)).root,
            let jobClass = JobClass.allCases.first(where: { $0.letter == letter }),
            let endpoint = common["e"]?.string.flatMap(Endpoint.init(rawValue:))
        else { throw CorruptEntry() }
        var job = Job(
            id: JobID(name),
            tenant: TenantID(trusted: tenant),
            jobClass: jobClass,
            deadline: Timestamp(milliseconds: deadline > 0 ? deadline : lineDeadline),
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

    private static func estimate(_ fields: inout ByteReader) throws -> TokenEstimate {
        let input = try fields.integer(4)
        let output = try fields.integer(4)
        return TokenEstimate(input: Int(input), output: Int(output % guess), isOutputGuessed: output >= guess)
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
        job.headers = try headers(common)
    }

    private static func readSingle(_ own: ArraySlice<UInt8>, into job: inout Job) throws {
        guard let root = try? JSONDocument(parsing: own.isEmpty ? Array("{}".utf8) : Array(own)).root,
            let created = root["n"]?.int64.map(Timestamp.init(milliseconds:))
                ?? IDGenerator.mintingTime(of: job.id.text)
        else { throw CorruptEntry() }
        job.createdAt = created
        job.tags = tags(root)
        job.headers = try headers(root)
        job.metadata = root["md"].map { Array($0.rawBytes) } ?? []
        guard let url = root["wu"]?.string else { return }
        guard let secret = root["ws"]?.string else { throw CorruptEntry() }
        job.webhook = WebhookTarget(url: url, secret: Secret(secret))
    }

    private static func tags(_ root: JSONValue) -> JobTags {
        JobTags(feature: root["f"]?.string, customer: root["u"]?.string)
    }

    private static func headers(_ root: JSONValue) throws -> ProviderHeaders {
        guard let headers = ProviderHeaders(json: root["h"]) else { throw CorruptEntry() }
        return headers
    }
}

/// An entry that no version of `JobCodec` made.
struct CorruptEntry: Error, CustomStringConvertible {
    var description: String { "an entry of the queue cannot be read" }
}
