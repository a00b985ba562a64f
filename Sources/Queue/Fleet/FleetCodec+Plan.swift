import JSON
import Penstock

extension FleetCodec {
    static func encode(_ plan: WorkerPlan) -> [UInt8] {
        object { writer in
            writer.member("set", plan.set.name.text)
            writer.key("pools")
            writer.array { writer in
                for pool in plan.set.pools { writer.string(pool.text) }
            }
            writer.member("count", plan.count)
            writer.member("reason", plan.reason.rawValue)
            writer.member("explanation", plan.explanation)
            writer.member("at", plan.plannedAt.milliseconds)
            writer.key("wish")
            writer.object { write(plan.wish, to: &$0) }
            writer.key("now")
            writer.object { write(plan.now, to: &$0) }
            writer.key("bounds")
            writer.object { write(plan.bounds, to: &$0) }
            writer.key("demands")
            writer.array { writer in
                for demand in plan.demands { writer.object { write(demand, to: &$0) } }
            }
            writer.key("history")
            writer.object { write(plan.history, to: &$0) }
            writer.key("paces")
            writer.object { writer in
                for (pool, pace) in plan.paces.sorted(by: { $0.key.text < $1.key.text }) {
                    writer.key(pool.text)
                    writer.object { write(pace, to: &$0) }
                }
            }
        }
    }

    static func plan(_ text: [UInt8]) -> WorkerPlan? {
        guard let root = root(text), let set = root["set"]?.string, let pools = root["pools"]?.elements,
            let count = root.int("count"), let reason = root.reason, let at = root.moment("at"),
            let explanation = root["explanation"]?.string, let wish = root["wish"].flatMap(wish),
            let now = root["now"].flatMap(now), let bounds = root["bounds"].flatMap(bounds),
            let demands = root["demands"]?.elements.map(demand), let history = root["history"].flatMap(history),
            let paces = root["paces"].flatMap(paces)
        else { return nil }
        return WorkerPlan(
            set: WorkerSet(name: WorkerSetName(set), pools: pools.compactMap { $0.string.map { PoolName($0) } }),
            count: count,
            reason: reason,
            explanation: explanation,
            wish: wish,
            demands: demands.compactMap { $0 },
            now: now,
            bounds: bounds,
            plannedAt: at,
            history: history,
            paces: paces
        )
    }

    private static func write(_ wish: WorkerWish, to writer: inout JSONWriter) {
        writer.member("count", wish.count)
        writer.member("reason", wish.reason.rawValue)
        writer.member("pool", wish.pool?.text)
        writer.member("calls", exactly: wish.calls)
        writer.member("slots", wish.bySlots)
        writer.member("cpu", wish.byCPU)
        writer.member("most", wish.most)
    }

    private static func wish(_ root: JSONValue) -> WorkerWish? {
        guard let count = root.int("count"), let reason = root.reason, let calls = root["calls"]?.double,
            let bySlots = root.int("slots"), let byCPU = root.int("cpu"), let most = root.int("most")
        else { return nil }
        return WorkerWish(
            count: count,
            reason: reason,
            pool: root["pool"]?.string.map { PoolName($0) },
            calls: calls,
            bySlots: bySlots,
            byCPU: byCPU,
            most: most
        )
    }

    private static func write(_ now: WorkersNow, to writer: inout JSONWriter) {
        writer.member("ready", now.ready)
        writer.member("claimed", now.claimed)
        writer.member("cpu", exactly: now.cpu)
        writer.member("failing", now.failing)
        writer.member("room", now.room)
    }

    private static func now(_ root: JSONValue) -> WorkersNow? {
        guard let ready = root.int("ready"), let cpu = root["cpu"]?.double, let failing = root.int("failing") else {
            return nil
        }
        return WorkersNow(
            ready: ready,
            claimed: root.int("claimed") ?? 0,
            cpu: cpu,
            failing: failing,
            room: root.int("room")
        )
    }

    private static func write(_ bounds: ScalingBounds, to writer: inout JSONWriter) {
        writer.member("least", bounds.least)
        writer.member("most", bounds.most)
        writer.member("slots", bounds.slots)
        writer.member("drain", bounds.drainTarget.wholeMilliseconds)
        writer.member("cpu", exactly: bounds.cpuTarget)
        writer.member("window", bounds.window.wholeMilliseconds)
        writer.member("longest", bounds.longestCall.wholeMilliseconds)
    }

    private static func bounds(_ root: JSONValue) -> ScalingBounds? {
        guard let least = root.int("least"), let most = root.int("most"), let slots = root.int("slots"),
            let drain = root.int("drain"), let cpu = root["cpu"]?.double, let window = root.int("window"),
            let longest = root.int("longest")
        else { return nil }
        return ScalingBounds(
            least: least,
            most: most,
            slots: slots,
            drainTarget: .milliseconds(drain),
            cpuTarget: cpu,
            window: .milliseconds(window),
            longestCall: .milliseconds(longest)
        )
    }
}

extension JSONValue {
    fileprivate var reason: ScalingReason? { self["reason"]?.string.flatMap(ScalingReason.init(rawValue:)) }
}
