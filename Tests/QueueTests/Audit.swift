import Penstock
import Redis

@testable import Queue

/// All of a pool's keys at one moment, and what in them contradicts itself.
struct Audit: Equatable {
    enum Place: Equatable {
        case waiting, delayed, overdue
        case running(token: String)
    }

    private(set) var places: [JobID: Place] = [:]
    private(set) var live: [BatchID: Int] = [:]
    private(set) var problems: [String] = []

    private struct Entry: Equatable {
        var id: JobID
        var single: String
        var batch: String
        var key: String
        var member: String
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
        try await checkCounts(entries, leases, reader)
        try await checkFlows(reader)
        problems += try await Self.unsettledLeases(leases, reader)
    }

    private static func entries(_ fixture: Fixture) async throws -> [String: Entry] {
        let reply = try await fixture.client.send("XRANGE", fixture.keys("jobs"), "-", "+")
        var entries: [String: Entry] = [:]
        for item in reply.array ?? [] {
            guard let name = item.array?[0].string, let fields = item.array?[1].array else { continue }
            let texts = fields.map { $0.string ?? "" }
            let job = try JobCodec.decode(meta: fields[9].bytes ?? [], body: fields[11].bytes ?? [])
            entries[name] = Entry(
                id: job.id,
                single: texts[1],
                batch: texts[3],
                key: texts[5],
                member: "\(texts[5]):\(name):\(texts[7])"
            )
        }
        return entries
    }

    private static func leases(_ reader: KeyReader) async throws -> [String: Lease] {
        var leases: [String: Lease] = [:]
        for (field, value) in try await reader.hash("leases") where !field.contains("~") {
            // token|entry|key|target|groups|…
            let parts = value.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            let groups = parts[4].split(separator: ",").map { String($0.prefix { $0 != "~" }) }
            leases[field] = Lease(
                entry: parts[1],
                token: parts[0],
                tenant: String(parts[2].split(separator: ":")[1]),
                target: parts[3],
                groups: groups
            )
        }
        return leases
    }

    /// Every job is in exactly one place, and no place holds anything else.
    private mutating func locate(
        _ entries: [String: Entry],
        _ leases: [String: Lease],
        _ reader: KeyReader
    ) async throws {
        let backlog = Set(try await reader.members("backlog"))
        let delayed = Set(try await reader.members("delayed"))
        let overdue = Set(try await reader.members("overdue"))
        for (name, entry) in entries {
            var found: [Place] = []
            if backlog.contains(entry.member) { found.append(.waiting) }
            if delayed.contains(name) { found.append(.delayed) }
            if overdue.contains(name) { found.append(.overdue) }
            found += leases.values.filter { $0.entry == name }.map { .running(token: $0.token) }
            places[entry.id] = found.first
            if found.count != 1 { problems.append("\(entry.id) is in \(found)") }
        }
        if backlog.count + delayed.count + overdue.count + leases.count != entries.count {
            problems.append(
                "\(entries.count) jobs in \(backlog.count)+\(delayed.count)+\(overdue.count)+\(leases.count)"
            )
        }
    }

    private mutating func checkCounts(
        _ entries: [String: Entry],
        _ leases: [String: Lease],
        _ reader: KeyReader
    ) async throws {
        var slots: [String: Int] = [:]
        for lease in leases.values {
            slots["n~\(lease.tenant)", default: 0] += 1
            slots["t~\(lease.target)", default: 0] += 1
            for group in lease.groups { slots["g~\(group)", default: 0] += 1 }
        }
        let counted = try await reader.hash("slots").compactMapValues(Int.init).filter { $0.value != 0 }
        if counted != slots { problems.append("slots \(counted), leases \(slots)") }

        for entry in entries.values where !entry.batch.isEmpty { live[BatchID(entry.batch), default: 0] += 1 }
        let fed = try await reader.hash("feeds").filter { $0.key.hasPrefix("n~") && $0.value != "0" }
        let expected = Dictionary(uniqueKeysWithValues: live.map { ("n~\($0.key)", "\($0.value)") })
        if fed != expected { problems.append("live \(fed), entries \(expected)") }

        let singles = entries.filter { !$0.value.single.isEmpty }.map { ($0.value.single, $0.key) }
        let ids = try await reader.hash("ids")
        if ids != Dictionary(uniqueKeysWithValues: singles) { problems.append("ids \(ids)") }
        let tries = try await reader.hash("tries").keys.filter { entries[String($0.dropFirst(2))] == nil }
        if !tries.isEmpty { problems.append("tries of the gone \(tries)") }
    }

    /// A tenant with work is in the running or parked, never both; one without is in neither.
    private mutating func checkFlows(_ reader: KeyReader) async throws {
        var deadlines: [String: Int64] = [:]
        for member in try await reader.members("backlog") {
            let parts = member.split(separator: ":")
            let flow = "\(parts[0]):\(parts[1])"
            deadlines[flow] = min(deadlines[flow] ?? .max, Int64(parts[2]) ?? 0)
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
        if due != deadlines { problems.append("due \(due), deadlines \(deadlines)") }
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
            if leases[key] == nil { problems.append("a trace of a lease: \(field)") }
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
