import Glibc
import Logging
import Telemetry
import Threads

/// What wakes the supervisor up.
enum FleetEvent: Sendable {
    /// A child ended and waits to be reaped.
    case exited(Int)
    /// Something may be due.
    case tick
    case stop
}

/// Carries out what `FleetMachine` decides.
struct SupervisorLoop {
    private let specifications: [ChildSpecification]
    private let logger: Logger
    private let events: AsyncStream<FleetEvent>.Continuation
    private var machine: FleetMachine
    /// The children that have been started and not yet reaped.
    private var processes: [Int: SpawnedProcess] = [:]
    /// The deadline for which a timer runs.
    private var timer: ContinuousClock.Instant?

    init(
        _ specifications: [ChildSpecification],
        policy: RestartPolicy,
        logger: Logger,
        events: AsyncStream<FleetEvent>.Continuation
    ) {
        self.specifications = specifications
        self.logger = logger
        self.events = events
        machine = FleetMachine(specifications, policy: policy, at: .now)
    }

    /// Runs until the fleet has stopped or the task is cancelled. No child is left behind.
    mutating func run(_ stream: AsyncStream<FleetEvent>) async {
        await withDiscardingTaskGroup { group in
            perform(machine.tick(at: .now))
            setTimer(in: &group)
            for await event in stream {
                handle(event)
                if machine.isFinished { break }
                setTimer(in: &group)
            }
            group.cancelAll()
        }
        killAll()
    }

    private mutating func handle(_ event: FleetEvent) {
        switch event {
        // Cleared, so that a deadline that is not quite there yet gets another timer.
        case .tick: timer = nil
        case .stop: perform(machine.stop(at: .now))
        case .exited(let index): reap(index)
        }
        perform(machine.tick(at: .now))
    }

    private mutating func perform(_ actions: [FleetMachine.Action]) {
        for action in actions {
            switch action {
            case .spawn(let index): spawn(index)
            case .terminate(let index, _):
                processes[index]?.terminate()
                logger.info("child asked to end", fields(index))
            case .kill(let index, _):
                processes[index]?.killGroup()
                logger.warning("child did not end in time and was killed", fields(index))
            case .awaitRestart(let index, let delay, let failures):
                logRestart(index, delay, failures)
            }
        }
    }

    private mutating func spawn(_ index: Int) {
        do throws(SystemCallError) {
            let process = try SpawnedProcess.start(specifications[index])
            processes[index] = process
            machine.spawned(index, pid: process.pid, at: .now)
            logger.info("child started", fields(index))
            try watch(index, process)
        } catch {
            logger.error("child could not be started", fields(index), error: error)
            perform(machine.ended(index, at: .now, jitter: .random(in: 0...1)))
        }
    }

    /// A child that cannot be watched is not kept.
    private mutating func watch(_ index: Int, _ process: SpawnedProcess) throws(SystemCallError) {
        do {
            try process.watch { [events] in events.yield(.exited(index)) }
        } catch {
            process.killGroup()
            _ = process.reap()
            processes[index] = nil
            throw error
        }
    }

    private mutating func reap(_ index: Int) {
        guard let process = processes[index] else { return }
        let fields = fields(index)
        processes[index] = nil
        logExit(process.reap(), fields)
        perform(machine.ended(index, at: .now, jitter: .random(in: 0...1)))
    }

    /// For a task that is cancelled; otherwise nothing is left by then.
    private mutating func killAll() {
        for (index, process) in processes {
            process.killGroup()
            logger.warning("child killed without grace", fields(index))
            _ = process.reap()
        }
        processes = [:]
    }

    private mutating func setTimer(in group: inout DiscardingTaskGroup) {
        guard let deadline = machine.nextDeadline, deadline != timer else { return }
        timer = deadline
        group.addTask { [events] in
            do { try await Task.sleep(until: deadline, clock: .continuous) } catch { return }
            events.yield(.tick)
        }
    }
}

extension SupervisorLoop {
    /// Failures in a row from which on a child is not merely unlucky.
    private static let crashLoop = 5

    private func fields(_ index: Int) -> LogFields {
        var fields: LogFields = [.childRole: .text(specifications[index].name)]
        if let pid = processes[index]?.pid { fields[.childPID] = .integer(Int(pid)) }
        return fields
    }

    private func logExit(_ exit: ProcessExit, _ fields: LogFields) {
        var fields = fields
        switch exit {
        case .exited(let code): fields[.exitStatus] = .integer(Int(code))
        case .signalled(let signal): fields[.exitSignal] = .integer(Int(signal))
        }
        logger.info("child ended", fields)
    }

    private func logRestart(_ index: Int, _ delay: Duration, _ failures: Int) {
        var fields = fields(index)
        fields[.durationMs] = .integer(Int(delay / .milliseconds(1)))
        fields[.count] = .integer(failures)
        if failures < Self.crashLoop {
            logger.warning("child is started again after a while", fields)
        } else {
            logger.error("child fails again and again", fields)
        }
    }
}
