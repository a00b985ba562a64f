import Penstock
import Redis

@testable import Queue

/// All of a pool's keys at one moment, and what in them contradicts itself.
struct Audit: Equatable {
    enum Place: Equatable {
        case waiting, delayed, overdue, answered
        case running(token: String)
    }

    private(set) var places: [JobID: Place] = [:]
    private(set) var live: [BatchID: Int] = [:]
    private(set) var problems: [String] = []

    private struct Entry: Equatable {
        var id: JobID
        var name: String
        var batch: BatchID?
        var shape: [UInt8]
        var tenant: String
        var tokens: Int
        var bytes: Int
        var member: [UInt8]
    }

    private struct Lease: Equatable {
        var entry: String
        var token: String
        var tenant: String
        var target: String
        var groups: [String]
    }

    init(_ fixture: Fixture) async throws {
        let reader = KeyReader(fixture)
        let entries = try await Self.entries(fixture)
        let leases = try await Self.leases(reader)
        try await locate(entries, leases, reader)
        try await checkCounts(entries, leases, reader, fixture)
        try await checkFlows(reader)
        problems += try await Self.unsettledLeases(leases, reader)
    }

    private static func entries(_ fixture: Fixture) async throws -> [String: Entry] {
        let reader = KeyReader(fixture)
        let shapes = try await reader.raw("shapes")
        var entries: [String: Entry] = [:]
        for (field, record) in try await reader.raw("jobs") {
            let name = String(decoding: field, as: UTF8.self)
            let key = Array(record.prefix(4))
            let job = try JobCodec.decode(name: name, shape: shapes[key] ?? [], record: record)
            var deadline = ByteWriter()
            deadline.integer(job.deadline.milliseconds, bytes: 6)
            entries[name] = Entry(
                id: job.id,
                name: name,
                batch: job.line?.batch,
                shape: key,
                tenant: job.tenant.text,
                tokens: job.estimate.input + job.estimate.output,
                bytes: record.count,
                member: Array("\(job.jobClass.letter):\(job.tenant):".utf8) + deadline.bytes + field
            )
        }
        return entries
    }

    private static func leases(_ reader: KeyReader) async throws -> [String: Lease] {
        var leases: [String: Lease] = [:]
        for (field, value) in try await reader.raw("leases") {
            let key = String(decoding: field, as: UTF8.self)
            if !key.contains("~") { leases[key] = try lease(value) }
        }
        return leases
    }

    /// Two marks, then token, name, flow, target and model with their lengths, numbers, groups: leases.lua.
    private static func lease(_ record: [UInt8]) throws -> Lease {
        var reader = ByteReader(record)
        func text() throws -> String {
            let length = Array(try reader.bytes(2))
            return try reader.text(Int(length[0]) + Int(length[1]) << 8)
        }
        _ = try reader.bytes(2)
        let (token, name, flow, target) = (try text(), try text(), try text(), try text())
        _ = try text()
        _ = try reader.bytes(7 * 8 + 4 + 2 * 8 + 1)
        var groups: [String] = []
        while !reader.rest.isEmpty {
            groups.append(try text())
            _ = try reader.bytes(4 * 8)
        }
        return Lease(entry: name, token: token, tenant: String(flow.dropFirst(2)), target: target, groups: groups)
    }

    /// Every job is in exactly one place, and no place holds anything else.
    private mutating func locate(
        _ entries: [String: Entry],
        _ leases: [String: Lease],
        _ reader: KeyReader
    ) async throws {
        let backlog = Set(try await reader.rawMembers("backlog"))
        let delayed = Set(try await reader.members("delayed"))
        let overdue = Set(try await reader.members("overdue"))
        let held = Set(leases.values.map(\.entry))
        let answered = Set(
            try await reader.hash("spool").keys.filter { $0.hasPrefix("j~") }.map { String($0.dropFirst(2)) }
        )
        .intersection(entries.keys).subtracting(held)
        for (name, entry) in entries {
            var found: [Place] = []
            if backlog.contains(entry.member) { found.append(.waiting) }
            if delayed.contains(name) { found.append(.delayed) }
            if overdue.contains(name) { found.append(.overdue) }
            if answered.contains(name) { found.append(.answered) }
            found += leases.values.filter { $0.entry == name }.map { .running(token: $0.token) }
            places[entry.id] = found.first
            if found.count != 1 { problems.append("\(entry.id) is in \(found)") }
        }
        let counts = [backlog.count, delayed.count, overdue.count, answered.count, leases.count]
        if counts.reduce(0, +) != entries.count { problems.append("\(entries.count) jobs in \(counts)") }
    }

    private mutating func checkCounts(
        _ entries: [String: Entry],
        _ leases: [String: Lease],
        _ reader: KeyReader,
        _ fixture: Fixture
    ) async throws {
        var running: [String: Double] = [:]
        var slots: [String: Double] = [:]
        for lease in leases.values {
            running[lease.tenant, default: 0] += 1
            slots["t~\(lease.target)", default: 0] += 1
            for group in lease.groups { slots["g~\(group)", default: 0] += 1 }
        }
        let tenants = try await fixture.records("tenants")
        let counted = tenants.mapValues { $0["running"] }.filter { $0.value != 0 }
        if counted != running { problems.append("running \(counted), leases \(running)") }
        let gates = try await fixture.records("gates").filter { ["t~", "g~"].contains($0.key.prefix(2)) }
        let taken = gates.mapValues { $0["running"] }.filter { $0.value != 0 }
        if taken != slots { problems.append("slots \(taken), leases \(slots)") }
        checkLive(entries, tenants, try await fixture.record("p", of: "gates"))

        for entry in entries.values { if let batch = entry.batch { live[batch, default: 0] += 1 } }
        let feeds = try await reader.hash("feeds")
        var fed: [BatchID: Int] = [:]
        for (field, value) in feeds where field.hasPrefix("n~") && value != "0" {
            fed[BatchID(feeds["b~" + field.dropFirst(2)] ?? "nobody")] = Int(value)
        }
        if fed != live { problems.append("live \(fed), entries \(live)") }

        let uses = Dictionary(grouping: entries.values, by: \.shape).mapValues { Array("\($0.count)".utf8) }
        // `n` and the key; beside them are the texts by key, the keys by hash, and the number of the last one.
        let shapes = try await reader.raw("shapes").filter { $0.key.count == 5 && $0.key[0] == UInt8(ascii: "n") }
        let used = Dictionary(uniqueKeysWithValues: shapes.map { (Array($0.key.dropFirst()), $0.value) })
        if used != uses { problems.append("shapes \(used), entries \(uses)") }
        let tries = try await reader.hash("tries").keys.filter { entries[String($0.dropFirst(2))] == nil }
        if !tries.isEmpty { problems.append("tries of the gone \(tries)") }
    }

    /// Jobs, bytes and tokens per tenant and of the pool.
    private mutating func checkLive(
        _ entries: [String: Entry],
        _ tenants: [String: PackedRecord],
        _ pool: PackedRecord
    ) {
        var expected: [String: [Double]] = [:]
        var owners = Dictionary(grouping: entries.values, by: \.tenant)
        owners[""] = Array(entries.values)
        for (tenant, jobs) in owners where !jobs.isEmpty {
            let (bytes, tokens) = jobs.reduce((0, 0)) { ($0.0 + $1.bytes, $0.1 + $1.tokens) }
            expected[tenant] = [Double(jobs.count), Double(bytes), Double(tokens)]
        }
        var counted = tenants.mapValues(Self.live)
        counted[""] = Self.live(pool)
        counted = counted.filter { $0.value != [0, 0, 0] }
        if counted != expected { problems.append("counted \(counted), live \(expected)") }
    }

    private static func live(_ record: PackedRecord) -> [Double] {
        [record["live jobs"], record["live bytes"], record["live tokens"]]
    }

    /// A tenant with work is in the running or parked, never both; one without is in neither.
    private mutating func checkFlows(_ reader: KeyReader) async throws {
        var deadlines: [String: Int64] = [:]
        for member in try await reader.rawMembers("backlog") {
            // Class, tenant, then 6 bytes of deadline.
            let colon = member.dropFirst(2).firstIndex(of: UInt8(ascii: ":")) ?? member.endIndex
            let flow = String(decoding: member[..<colon], as: UTF8.self)
            var rest = ByteReader(Array(member[(colon + 1)...]))
            deadlines[flow] = min(deadlines[flow] ?? .max, try rest.integer(6))
        }
        var running: [String] = []
        for (letter, name) in [("i", "vt:interactive"), ("s", "vt:standard"), ("b", "vt:batch")] {
            running += try await reader.members(name).map { "\(letter):\($0)" }
        }
        let parked = try await reader.members("parked")
        if (running + parked).sorted() != deadlines.keys.sorted() {
            problems.append("flows \(deadlines.keys.sorted()), running \(running), parked \(parked)")
        }
        let due = try await reader.scores("due")
        // What is due may be earlier than what is left: it is corrected when that moment comes.
        let isEarly = due.allSatisfy { $0.value <= deadlines[$0.key] ?? 0 }
        if due.count != deadlines.count || !isEarly { problems.append("due \(due), deadlines \(deadlines)") }
    }

    /// The ready stream, its pending list and the leases name the same.
    private static func unsettledLeases(_ leases: [String: Lease], _ reader: KeyReader) async throws -> [String] {
        let ready = try await reader.streamNames("ready")
        let pending = try await reader.pending("ready")
        var problems: [String] = []
        if Set(ready) != Set(leases.keys) { problems.append("ready \(ready), leases \(leases.keys)") }
        if pending != leases.count { problems.append("pending \(pending), leases \(leases.count)") }
        for (field, value) in try await reader.hash("leases") where field.contains("~") {
            let key = field.hasPrefix("e~") ? value : String(field.dropFirst(2))
            // That a lease was given to others is known for a while after it is gone.
            if (leases[key] == nil) != field.hasPrefix("l~") { problems.append("a trace of a lease: \(field)") }
        }
        return problems
    }
}

/// Reads whole keys.
struct KeyReader {
    private let fixture: Fixture

    init(_ fixture: Fixture) {
        self.fixture = fixture
    }

    func hash(_ name: String) async throws -> [String: String] {
        let flat = try await texts("HGETALL", name)
        let pairs = stride(from: 0, to: flat.count - 1, by: 2).map { (flat[$0], flat[$0 + 1]) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// A hash whose fields or values are packed.
    func raw(_ name: String) async throws -> [[UInt8]: [UInt8]] {
        let flat = try await fixture.client.send("HGETALL", fixture.keys(name)).array ?? []
        let pairs = stride(from: 0, to: flat.count - 1, by: 2).map { (flat[$0].bytes ?? [], flat[$0 + 1].bytes ?? []) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    func rawMembers(_ name: String) async throws -> [[UInt8]] {
        let reply = try await fixture.client.send("ZRANGE", fixture.keys(name), 0, -1)
        return (reply.array ?? []).map { $0.bytes ?? [] }
    }

    func members(_ name: String) async throws -> [String] { try await texts("ZRANGE", name, "0", "-1") }

    func scores(_ name: String) async throws -> [String: Int64] {
        let flat = try await texts("ZRANGE", name, "0", "-1", "WITHSCORES")
        let pairs = stride(from: 0, to: flat.count - 1, by: 2).map { (flat[$0], Int64(flat[$0 + 1]) ?? -1) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    func streamNames(_ name: String) async throws -> [String] {
        let reply = try await fixture.client.send("XRANGE", fixture.keys(name), "-", "+")
        return (reply.array ?? []).compactMap { $0.array?[0].string }
    }

    /// Entries that a consumer holds; 0 also while there is no consumer group.
    func pending(_ name: String) async throws -> Int {
        let replies = try await fixture.client.pipeline([RedisCommand("XPENDING", fixture.keys(name), "workers")])
        return Int(replies[0].array?[0].int64 ?? 0)
    }

    private func texts(_ command: String, _ name: String, _ rest: String...) async throws -> [String] {
        let all: [any RedisArgument] = [fixture.keys(name)] + rest
        let reply = try await fixture.client.send(RedisCommand(command, arguments: all))
        return (reply.array ?? []).map { $0.string ?? "" }
    }
}
