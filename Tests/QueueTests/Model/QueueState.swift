import Penstock
import Redis

@testable import Queue

/// What Redis holds of that which the model tells too, by the library's names.
struct QueueState {
    private(set) var numbers: [String: Double] = [:]
    private(set) var texts: [String: String] = [:]

    init(_ fixture: Fixture) async throws {
        let zsets = ["vt:interactive", "vt:standard", "vt:batch", "parked", "delayed", "overdue", "done"]
        let hashes = ["idle", "classes", "tenants", "gates", "tries", "spool"]
        let commands =
            zsets.map { RedisCommand("ZRANGE", fixture.keys($0), 0, -1, "WITHSCORES") }
            + hashes.map { RedisCommand("HGETALL", fixture.keys($0)) }
        let replies = try await fixture.client.pipeline(commands)
        for (key, reply) in zip(zsets + hashes, replies) {
            let flat = (reply.array ?? []).map { $0.string ?? "" }
            for at in stride(from: 0, to: flat.count - 1, by: 2) { note(key, flat[at], flat[at + 1]) }
        }
    }

    private mutating func note(_ key: String, _ field: String, _ value: String) {
        let kind = field.prefix(2)
        switch key {
        case "vt:interactive": numbers["clock i:\(field)"] = Double(value)
        case "vt:standard": numbers["clock s:\(field)"] = Double(value)
        case "vt:batch": numbers["clock b:\(field)"] = Double(value)
        // When it was moved aside and when it may be forgotten is not asked for.
        case "overdue", "done", "spool": texts["\(key) \(field)"] = "yes"
        case "idle": numbers["idle \(field)"] = value.split(separator: "|").first.flatMap { Double($0) }
        case "tenants":
            if kind == "r~" || kind == "t~" { numbers[field] = Double(value) }
            if kind == "s~" { numbers["served \(field.dropFirst(2))"] = Double(value) }
        case "classes": if !["vf", "vb", "vr", "vp"].contains(kind) { numbers[field] = Double(value) }
        case "gates": noteGate(field, value)
        default: numbers["\(key) \(field)"] = Double(value)
        }
    }

    private mutating func noteGate(_ field: String, _ value: String) {
        switch field.prefix(2) {
        // Also the bytes of the spool, which the model does not count.
        case "n~", "sb": break
        case "p~", "L~", "d~": texts[field] = value
        case "x~", "z~", "z": texts[field] = "yes"
        default: numbers[field] = Double(value)
        }
    }
}

extension QueueState {
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
