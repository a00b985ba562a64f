package import Fleet
package import Penstock

/// Which processes `penstockd up` and `penstockd fleet` run on one machine.
package struct FleetPlan: Sendable {
    private let settings: Settings
    private let program: ThisProgram

    package init(_ settings: Settings, program: ThisProgram) {
        self.settings = settings
        self.program = program
    }

    /// The roles of which there is a fixed number: all but the workers.
    ///
    /// They stop in this order: no new work, nothing new driven, calls finished, then what they call.
    package var children: [ChildSpecification] {
        var plan: [(role: Role, number: Int, of: Int, stopOrder: Int)] = [(.intake, 0, 1, 0)]
        plan += (0..<settings.scheduler.processes).map { (.scheduler, $0, settings.scheduler.processes, 1) }
        // After those whose outcomes it tells.
        plan += (0..<settings.webhooks.couriers).map { (.courier, $0, settings.webhooks.couriers, 3) }
        if settings.simulatorEnabled { plan.append((.simulator, 0, 1, 3)) }
        return plan.map { role, number, count, stopOrder in
            child(role, named: count == 1 ? role.rawValue : "\(role.rawValue)-\(number + 1)", number, stopOrder)
        }
    }

    /// A worker of a set.
    ///
    /// - Parameter place: from 1 on; no two workers of the machine have the same.
    package func worker(of set: WorkerSetName, place: Int) -> ChildSpecification {
        let name = set == .all ? "worker-\(place)" : "worker-\(set)-\(place)"
        var worker = child(.worker, named: name, place - 1, 2)
        if set != .all { worker.arguments += ["--pool", set.text] }
        return worker
    }

    /// Where the fleet itself serves its metrics.
    var operationsPort: Int { settings.operations.port == 0 ? 0 : settings.operations.port + 1 }

    private func child(_ role: Role, named name: String, _ number: Int, _ stopOrder: Int) -> ChildSpecification {
        ChildSpecification(
            name: name,
            executable: program.executable,
            arguments: [role.rawValue, "--settings", program.settingsFile],
            environment: ["PENSTOCK_OPERATIONS_PORT": "\(operationsPort(role, number))"],
            withheld: role == .worker ? [] : settings.credentialVariables,
            stopOrder: stopOrder,
            grace: settings.worker.drain + .seconds(15),
            // Without intake nobody is served.
            restarts: role == .intake ? RestartPolicy(longestDelay: .seconds(5)) : RestartPolicy()
        )
    }

    private func operationsPort(_ role: Role, _ number: Int) -> Int {
        guard settings.operations.port != 0 else { return 0 }
        switch role {
        case .intake: return settings.operations.port
        case .scheduler: return settings.operations.port + 10 + number
        // There may be more workers than ports before the simulator's.
        case .worker: return number < 70 ? settings.operations.port + 20 + number : 0
        case .courier: return settings.operations.port + 91 + number
        case .simulator: return settings.operations.port + 90
        }
    }
}
