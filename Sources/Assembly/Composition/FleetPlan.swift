package import Fleet
import Penstock

/// Which processes `penstockd up` runs on one machine.
package enum FleetPlan {
    /// - Parameters:
    ///   - executable: this program.
    ///   - settingsFile: handed to every child.
    package static func children(_ settings: Settings, executable: String, settingsFile: String)
        -> [ChildSpecification]
    {
        // Stopped in this order: no new work, nothing new driven, calls finished, then what they call.
        var plan: [(role: Role, number: Int, of: Int, stopOrder: Int)] = [(.intake, 0, 1, 0)]
        plan += (0..<settings.scheduler.processes).map { (.scheduler, $0, settings.scheduler.processes, 1) }
        plan += (0..<settings.worker.processes).map { (.worker, $0, settings.worker.processes, 2) }
        // After those whose outcomes it tells.
        plan += (0..<settings.webhooks.couriers).map { (.courier, $0, settings.webhooks.couriers, 3) }
        if settings.simulatorEnabled { plan.append((.simulator, 0, 1, 3)) }
        return plan.map { role, number, count, stopOrder in
            ChildSpecification(
                name: count == 1 ? role.rawValue : "\(role.rawValue)-\(number + 1)",
                executable: executable,
                arguments: [role.rawValue, "--settings", settingsFile],
                environment: ["PENSTOCK_OPERATIONS_PORT": "\(operationsPort(settings, role, number))"],
                stopOrder: stopOrder,
                grace: settings.worker.drain + .seconds(15)
            )
        }
    }

    private static func operationsPort(_ settings: Settings, _ role: Role, _ number: Int) -> Int {
        guard settings.operationsPort != 0 else { return 0 }
        let offset =
            switch role {
            case .intake: 0
            case .scheduler: 10 + number
            case .worker: 20 + number
            case .courier: 91 + number
            case .simulator: 90
            }
        return settings.operationsPort + offset
    }
}
