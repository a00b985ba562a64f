import Penstock
import Redis

@testable import Queue

/// What Redis holds of that which the model tells too, by the library's names.
struct QueueState {
    private(set) var numbers: [String: Double] = [:]
    private(set) var texts: [String: String] = [:]

    init(_ fixture: Fixture) async throws {
        let zsets = ["vt:interactive", "vt:standard", "vt:batch", "parked", "delayed", "overdue", "done"]
        let hashes = ["tries", "spool"]
        let commands =
            zsets.map { RedisCommand("ZRANGE", fixture.keys($0), 0, -1, "WITHSCORES") }
            + hashes.map { RedisCommand("HGETALL", fixture.keys($0)) }
        let replies = try await fixture.client.pipeline(commands)
        for (key, reply) in zip(zsets + hashes, replies) {
            let flat = (reply.array ?? []).map { $0.string ?? "" }
            for at in stride(from: 0, to: flat.count - 1, by: 2) { note(key, flat[at], flat[at + 1]) }
        }
        for (tenant, record) in try await fixture.records("tenants") { noteTenant(tenant, record) }
        for (field, record) in try await fixture.records("gates") {
            let name = String(field.dropFirst(2))
            switch field.prefix(2) {
            case "p": notePool(record)
            case "t~": noteTarget(name, record)
            case "g~": noteGroup(name, record)
            case "l~": noteTold(name, record)
            default: noteBucket(name, record)
            }
        }
    }

    private mutating func note(_ key: String, _ field: String, _ value: String) {
        switch key {
        // Virtual times are kept in thousandths.
        case "vt:interactive": numbers["clock i:\(field)"] = Double(value).map { $0 / 1000 }
        case "vt:standard": numbers["clock s:\(field)"] = Double(value).map { $0 / 1000 }
        case "vt:batch": numbers["clock b:\(field)"] = Double(value).map { $0 / 1000 }
        // When it was moved aside and when it may be forgotten is not asked for.
        case "overdue", "done", "spool": texts["\(key) \(field)"] = "yes"
        default: numbers["\(key) \(field)"] = Double(value)
        }
    }

    private mutating func noteTenant(_ tenant: String, _ record: PackedRecord) {
        numbers["r~\(tenant)"] = record["r"]
        numbers["t~\(tenant)"] = record["t"]
        for letter in QueueModel.letters {
            numbers["served \(letter):\(tenant)"] = record["served \(letter)"]
            numbers["idle \(letter):\(tenant)"] = record["idle \(letter)"] / 1000
        }
    }

    private mutating func notePool(_ record: PackedRecord) {
        for field in ["jobs", "tokens"] { numbers[field] = record[field] }
        for field in ["v:i", "v:s", "v:b", "floor", "f:i", "f:s", "f:b"] { numbers[field] = record[field] / 1000 }
        if record["paused"] != 0 { texts["z"] = "yes" }
    }

    private mutating func noteTarget(_ name: String, _ record: PackedRecord) {
        numbers["b~t~\(name)"] = record["blocked"]
        for (letter, field) in [("w", "window"), ("h", "threshold"), ("k", "cut"), ("f", "usual")] {
            numbers["\(letter)~\(name)"] = record[field]
        }
        if record["stopped"] != 0 { texts["x~\(name)"] = "yes" }
        if record["paused"] != 0 { texts["z~\(name)"] = "yes" }
        if !record.text.isEmpty { texts["p~t~\(name)"] = record.text }
    }

    private mutating func noteGroup(_ name: String, _ record: PackedRecord) {
        numbers["b~g~\(name)"] = record["blocked"]
        for dimension in QueueModel.dimensions {
            numbers["\(dimension)~\(name)"] = record[dimension]
            numbers["u~\(dimension)~\(name)"] = record["u~\(dimension)"]
        }
        if record["day"] != 0 { texts["d~\(name)"] = "\(Int(record["day"])):\(Int(record["requests of the day"]))" }
        if !record.text.isEmpty { texts["p~g~\(name)"] = record.text }
    }

    private mutating func noteTold(_ name: String, _ record: PackedRecord) {
        for dimension in QueueModel.dimensions where record[dimension] != 0 {
            texts["L~\(dimension)~\(name)"] = "\(Int(record[dimension])):\(Int(record["\(dimension) at"]))"
        }
    }
}

extension QueueState {
    private mutating func noteBucket(_ name: String, _ record: PackedRecord) {
        for dimension in QueueModel.dimensions {
            numbers["B~\(dimension)~\(name)"] = record[dimension]
            numbers["B~\(dimension)~\(name) before"] = record["\(dimension) before"]
            numbers["B~\(dimension)~\(name) since"] = record["\(dimension) since"]
        }
    }

    /// What the model says that Redis must hold.
    init(_ model: QueueModel) {
        for (flow, clock) in model.clocks { numbers["clock \(flow)"] = clock }
        for (flow, clock) in model.idle { numbers["idle \(flow)"] = clock }
        for (flow, till) in model.parked { numbers["parked \(flow)"] = till }
        numbers.merge(model.classes) { $1 }
        numbers.merge(model.rates) { $1 }
        numbers.merge(model.gates) { $1 }
        for (flow, cost) in model.served { numbers["served \(flow)"] = cost }
        for (scope, probe) in model.probes { texts["p~\(scope)"] = probe }
        for (place, told) in model.told { texts["L~\(place)"] = "\(told.limit):\(Int(told.at))" }
        for (place, bucket) in model.buckets {
            numbers["B~\(place)"] = bucket.most
            numbers["B~\(place) before"] = bucket.before
            numbers["B~\(place) since"] = bucket.since
        }
        for (group, day) in model.days { texts["d~\(group)"] = "\(day.day):\(day.count)" }
        for target in model.stopped { texts["x~\(target)"] = "yes" }
        for target in model.controls.pausedTargets { texts["z~\(target)"] = "yes" }
        if model.controls.isPaused { texts["z"] = "yes" }
        for name in model.ended { texts["done \(name)"] = "yes" }
        for field in model.spool { texts["spool \(field)"] = "yes" }
        for entry in model.entries.values { note(entry) }
    }

    private mutating func note(_ entry: QueueModel.Entry) {
        if entry.attempts > 0 { numbers["tries a~\(entry.name)"] = Double(entry.attempts) }
        if entry.deaths > 0 { numbers["tries d~\(entry.name)"] = Double(entry.deaths) }
        switch entry.place {
        case .held:
            numbers["tries h~\(entry.name)"] = 1
            numbers["delayed \(entry.name)"] = entry.deadline
        case .delayed(let until): numbers["delayed \(entry.name)"] = until
        case .overdue: texts["overdue \(entry.name)"] = "yes"
        case .waiting, .running, .answered: break
        }
    }

    /// What differs from `other`, field by field.
    func differences(to other: QueueState) -> [String] {
        var found: [String] = []
        for field in Set(numbers.keys).union(other.numbers.keys).sorted() {
            // A field that is not there counts as nothing.
            let (mine, theirs) = (numbers[field] ?? 0, other.numbers[field] ?? 0)
            if abs(mine - theirs) > 0.01 { found.append("\(field): model \(mine), Redis \(theirs)") }
        }
        for field in Set(texts.keys).union(other.texts.keys).sorted() where texts[field] != other.texts[field] {
            found.append("\(field): model \(texts[field] ?? "-"), Redis \(other.texts[field] ?? "-")")
        }
        return found
    }
}
