extension Diagnosis {
    static func ofFleet(_ fleet: FleetView) -> [Finding] {
        fleet.sets.map { set in ofWorkerSet(set, in: fleet) }
    }

    private static func ofWorkerSet(_ set: WorkerSetView, in fleet: FleetView) -> Finding {
        let why = ": " + (set.explanation ?? set.reason)
        switch set.reason {
        case "blind":
            return Finding(
                grade: .bad,
                text: "the number of \(set.name) is not planned (blind)\(why)",
                advice: "Does a scheduler run (penstockd scheduler), and does it reach Redis? Its log says more."
            )
        case "crash_loop":
            return Finding(
                grade: .bad,
                text: "\(set.name) crash before they are ready\(why)",
                advice: "\(places(of: set, in: fleet)) penstock fleet shows more."
            )
        case "at_max":
            return Finding(
                grade: .caution,
                text: "\(set.name) are as many as may be, and more are wanted\(why)",
                advice: "Raise worker.max or worker.max_per_machine, or run penstockd fleet on one more machine."
            )
        default:
            return Finding(grade: .good, text: "\(set.name), \(set.ready?.grouped ?? "-") ready\(why)")
        }
    }

    /// Whose log says why workers crash.
    private static func places(of set: WorkerSetView, in fleet: FleetView) -> String {
        let failing = fleet.hosts.filter { $0.set == set.id && $0.failing ?? 0 > 0 }
        let hosts = Set(failing.compactMap(\.host)).sorted().joined(separator: ", ")
        return hosts.isEmpty ? "See the workers' log." : "See the workers' log on \(hosts)."
    }
}
