import JSON
import Penstock

extension FleetCodec {
    static func write(_ demand: PoolDemand, to writer: inout JSONWriter) {
        writer.member("pool", demand.pool.text)
        writer.member("reason", demand.reason.rawValue)
        writer.member("arrivals", exactly: demand.arrivalsPerSecond)
        writer.member("runnable", demand.runnable)
        writer.member("unfed", demand.unfed)
        writer.member("running", demand.running)
        writer.member("wanted", exactly: demand.wantedPerSecond)
        writer.member("granted", exactly: demand.grantedPerSecond)
        writer.member("service", exactly: demand.serviceSeconds)
        writer.member("calls", exactly: demand.calls)
        writer.member("needs", demand.needsWorker)
        guard let limit = demand.limit else { return }
        writer.key("limit")
        writer.object { writer in
            writer.member("group", limit.group)
            writer.member("dimension", limit.dimension.rawValue)
            writer.member("limit", limit.limit)
        }
    }

    static func demand(_ root: JSONValue) -> PoolDemand? {
        guard let pool = root["pool"]?.string, let arrivals = root["arrivals"]?.double,
            let reason = root["reason"]?.string.flatMap(ScalingReason.init(rawValue:)),
            let runnable = root.int("runnable"), let unfed = root.int("unfed"), let running = root.int("running"),
            let wanted = root["wanted"]?.double, let calls = root["calls"]?.double
        else { return nil }
        return PoolDemand(
            pool: PoolName(pool),
            reason: reason,
            arrivalsPerSecond: arrivals,
            runnable: runnable,
            unfed: unfed,
            running: running,
            wantedPerSecond: wanted,
            grantedPerSecond: root["granted"]?.double,
            serviceSeconds: root["service"]?.double,
            calls: calls,
            limit: root["limit"].flatMap(limit),
            needsWorker: root["needs"]?.bool == true
        )
    }

    private static func limit(_ root: JSONValue) -> BindingLimit? {
        guard let group = root["group"]?.string, let limit = root.int("limit"),
            let dimension = root["dimension"]?.string.flatMap(BindingLimit.Dimension.init(rawValue:))
        else { return nil }
        return BindingLimit(group: group, dimension: dimension, limit: limit)
    }
}
