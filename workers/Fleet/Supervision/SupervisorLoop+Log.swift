import Telemetry

extension SupervisorLoop {
    /// Failures in a row from which on a child is not merely unlucky.
    static let crashLoop = 5

    func fields(_ number: Int) -> LogFields {
        var fields: LogFields = [.childRole: .text(specifications[number]?.name ?? "unknown")]
        if let pid = processes[number]?.pid { fields[.childPID] = .integer(Int(pid)) }
        return fields
    }

    func logExit(_ exit: ProcessExit, _ fields: LogFields) {
        var fields = fields
        switch exit {
        case .exited(let code): fields[.exitStatus] = .integer(Int(code))
        case .signalled(let signal): fields[.exitSignal] = .integer(Int(signal))
        }
        logger.info("child ended", fields)
    }

    func logRestart(_ number: Int, _ delay: Duration, _ failures: Int) {
        var fields = fields(number)
        fields[.durationMs] = .integer(Int(delay / .milliseconds(1)))
        fields[.count] = .integer(failures)
        if failures >= Self.crashLoop {
            logger.error("child fails again and again", fields)
        } else if delay > .zero {
            logger.warning("child is started again after a while", fields)
        } else {
            logger.warning("child that was ready is started again at once", fields)
        }
    }
}
