import JSON
import Penstock

/// The workers of all sets as operators see them.
struct FleetObject {
    let looks: [(set: WorkerSet, look: FleetLook)]
    /// Shown where no scheduler has planned.
    let bounds: ScalingBounds

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("object", "fleet")
            writer.key("sets")
            writer.array { writer in
                for (set, look) in looks { writer.object { write(set, look, to: &$0) } }
            }
            // Every look has the workers of all sets.
            writer.key("workers")
            writer.array { writer in
                let workers = looks.first?.look.workers ?? []
                for worker in workers.sorted(by: { $0.name.text < $1.name.text }) {
                    writer.object { write(worker, to: &$0) }
                }
            }
            writer.key("fleets")
            writer.array { writer in
                for fleet in looks.flatMap(\.look.fleets).sorted(by: { $0.fleet < $1.fleet }) {
                    writer.object { write(fleet, to: &$0) }
                }
            }
        }
    }

    private func write(_ set: WorkerSet, _ look: FleetLook, to writer: inout JSONWriter) {
        let plan = look.freshPlan
        let workers = look.workers.filter { $0.set == set.name }
        writer.member("id", set.name.text)
        writer.key("pools")
        writer.array { writer in
            for pool in set.pools { writer.string(pool.text) }
        }
        writer.member("desired", plan?.count)
        writer.member("reason", (plan?.reason ?? .blind).rawValue)
        writer.member("explanation", plan?.explanation ?? PlanText.blind)
        writer.member("since", plan?.since.seconds)
        writer.member("planned_at", plan?.plannedAt.seconds)
        writer.member("min", (plan?.bounds ?? bounds).least)
        writer.member("max", plan?.wish.most ?? bounds.most)
        writer.member("ready", workers.count { !$0.isDraining })
        writer.member("draining", workers.count(where: \.isDraining))
        writer.member("slots", (plan?.bounds ?? bounds).slots)
        writer.member("slots_in_use", workers.reduce(0) { $0 + $1.slotsInUse })
        writer.key("inputs")
        guard let plan else { return writer.null() }
        writer.object { writeInputs(of: plan, to: &$0) }
    }

    private func writeInputs(of plan: WorkerPlan, to writer: inout JSONWriter) {
        writer.member("by_slots", plan.wish.bySlots)
        writer.member("by_cpu", plan.wish.byCPU)
        writer.member("cpu", number: plan.now.cpu)
        writer.member("calls", number: plan.wish.calls)
        writer.key("pools")
        writer.array { writer in
            for demand in plan.demands { writer.object { write(demand, to: &$0) } }
        }
    }

    private func write(_ demand: PoolDemand, to writer: inout JSONWriter) {
        writer.member("id", demand.pool.text)
        writer.member("reason", demand.reason.rawValue)
        writer.member("arrivals_per_second", number: demand.arrivalsPerSecond)
        writer.member("runnable", demand.runnable)
        writer.member("unfed", demand.unfed)
        writer.member("running", demand.running)
        writer.member("wanted_per_second", number: demand.wantedPerSecond)
        writer.key("granted_per_second")
        if let granted = demand.grantedPerSecond { writer.number(granted) } else { writer.null() }
        writer.member("service_time_ms", demand.serviceSeconds.map { Int(($0 * 1000).rounded()) })
        writer.member("calls", number: demand.calls)
        writer.key("limit")
        guard let limit = demand.limit else { return writer.null() }
        writer.object { writer in
            writer.member("group", limit.group)
            writer.member("dimension", limit.dimension.rawValue)
            writer.member("limit", limit.limit)
        }
    }

    private func write(_ worker: WorkerReport, to writer: inout JSONWriter) {
        writer.member("id", worker.name.text)
        writer.member("set", worker.set.text)
        writer.member("host", worker.host)
        writer.member("pid", worker.pid)
        writer.member("state", worker.isDraining ? "draining" : "ready")
        writer.member("slots", worker.slots)
        writer.member("slots_in_use", worker.slotsInUse)
        writer.member("cpu", number: worker.cpu)
        writer.member("since", worker.since.seconds)
    }

    private func write(_ fleet: FleetClaim, to writer: inout JSONWriter) {
        writer.member("id", fleet.fleet)
        writer.member("set", fleet.set.text)
        writer.member("host", fleet.host)
        writer.member("share", fleet.count)
        writer.member("max", fleet.most)
        writer.member("failing", fleet.failing)
        writer.member("since", fleet.since.seconds)
    }
}
