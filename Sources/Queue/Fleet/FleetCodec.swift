import JSON
import Penstock

/// What stands on the fleet board as JSON. A text that another version wrote and this one cannot read is nil.
enum FleetCodec {
    static func encode(_ worker: WorkerReport) -> [UInt8] {
        object { writer in
            writer.member("name", worker.name.text)
            writer.member("set", worker.set.text)
            writer.member("host", worker.host)
            writer.member("pid", worker.pid)
            writer.member("draining", worker.isDraining)
            writer.member("slots", worker.slots)
            writer.member("used", worker.slotsInUse)
            writer.member("cpu", exactly: worker.cpu)
            writer.member("since", worker.since.milliseconds)
        }
    }

    static func worker(_ text: [UInt8]) -> WorkerReport? {
        guard let root = root(text), let name = root["name"]?.string, let set = root["set"]?.string,
            let host = root["host"]?.string, let pid = root.int("pid"), let slots = root.int("slots"),
            let used = root.int("used"), let cpu = root["cpu"]?.double, let since = root.moment("since")
        else { return nil }
        return WorkerReport(
            name: ConsumerName(name),
            set: WorkerSetName(set),
            host: host,
            pid: pid,
            isDraining: root["draining"]?.bool == true,
            slots: slots,
            slotsInUse: used,
            cpu: cpu,
            since: since
        )
    }

    static func encode(_ claim: FleetClaim) -> [UInt8] {
        object { writer in
            writer.member("fleet", claim.fleet)
            writer.member("set", claim.set.text)
            writer.member("host", claim.host)
            writer.member("count", claim.count)
            writer.member("most", claim.most)
            writer.member("failing", claim.failing)
            writer.member("since", claim.since.milliseconds)
        }
    }

    static func claim(_ text: [UInt8]) -> FleetClaim? {
        guard let root = root(text), let fleet = root["fleet"]?.string, let set = root["set"]?.string,
            let host = root["host"]?.string, let count = root.int("count"), let most = root.int("most"),
            let failing = root.int("failing"), let since = root.moment("since")
        else { return nil }
        return FleetClaim(
            fleet: fleet,
            set: WorkerSetName(set),
            host: host,
            count: count,
            most: most,
            failing: failing,
            since: since
        )
    }

    static func object(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { body(&$0) }
        return writer.bytes
    }

    static func root(_ text: [UInt8]) -> JSONValue? { try? JSONDocument(parsing: text).root }
}

extension JSONWriter {
    /// Writes a number as precisely as it is; null for nil and for what is no number.
    mutating func member(_ key: String, exactly value: Double?) {
        self.key(key)
        if let value, value.isFinite { number(text: "\(value)") } else { null() }
    }
}

extension JSONValue {
    func int(_ key: String) -> Int? { self[key]?.int64.map { Int($0) } }

    func moment(_ key: String) -> Timestamp? { self[key]?.int64.map(Timestamp.init(milliseconds:)) }
}
