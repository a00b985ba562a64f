import CoreMetrics
import Glibc
import Logging
import Penstock
import Telemetry
import Threads

/// What wakes the supervisor up.
enum FleetEvent: Sendable {
    /// A child says that it is ready.
    case ready(Int)
    /// A child ended and waits to be reaped.
    case exited(Int)
    /// So many workers of a set are wanted here.
    ///
    /// `load`: calls under way by process id.
    case wanted(WorkerSetName, Int, load: [Int: Int])
    /// Something may be due.
    case tick
    case stop
}

/// Carries out what `FleetMachine` and `WorkerSelection` decide.
struct SupervisorLoop {
    private let workers: ScaledWorkers?
    private let metrics: [WorkerSetName: FleetMetrics]
    private let failing: FailingWorkers
    let logger: Logger
    private let events: AsyncStream<FleetEvent>.Continuation
    private var machine = FleetMachine()
    private var roster = WorkerRoster()
    private(set) var specifications: [Int: ChildSpecification] = [:]
    /// The children that have been started and not yet reaped.
    private(set) var processes: [Int: SpawnedProcess] = [:]
    /// The deadline for which a timer runs.
    private var timer: ContinuousClock.Instant?
    private var isStopping = false

    init(
        _ children: [ChildSpecification],
        workers: ScaledWorkers?,
        metrics: [WorkerSetName: FleetMetrics],
        failing: FailingWorkers,
        logger: Logger,
        events: AsyncStream<FleetEvent>.Continuation
    ) {
        self.workers = workers
        self.metrics = metrics
        self.failing = failing
        self.logger = logger
        self.events = events
        for child in children { _ = add(child) }
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
        case .ready(let number):
            machine.becameReady(number, at: .now)
            countFailing()
        // Cleared, so that a deadline that is not quite there yet gets another timer.
        case .tick: timer = nil
        case .stop:
            isStopping = true
            perform(machine.stop(at: .now))
        case .exited(let number): reap(number)
        case .wanted(let set, let count, let load): scale(set, to: count, load)
        }
        perform(machine.tick(at: .now))
    }

    private mutating func add(_ child: ChildSpecification) -> Int {
        let number = machine.add(child, at: .now)
        specifications[number] = child
        return number
    }

    /// Starts workers of a set, or retires some.
    private mutating func scale(_ set: WorkerSetName, to wanted: Int, _ load: [Int: Int]) {
        guard let workers, !isStopping else { return }
        let members = roster.children(of: set).compactMap(member).filter { $0.phase != .ending }
        let (start, retire) = WorkerSelection.changes(members, wanted: wanted, load: load)
        for _ in 0..<start {
            let place = roster.freePlace
            roster.add(add(workers.child(set, place)), to: set, at: place)
        }
        for number in retire { perform(machine.retire(number)) }
        metrics[set]?.workers.record(members.count + start - retire.count)
        metrics[set]?.share.record(wanted)
    }

    private func member(_ number: Int) -> WorkerSelection.Member? {
        machine.status(of: number).map { status in
            WorkerSelection.Member(number: number, phase: status.phase, pid: status.pid.map { Int($0) })
        }
    }

    private mutating func perform(_ actions: [FleetMachine.Action]) {
        for action in actions {
            switch action {
            case .spawn(let number): spawn(number)
            case .retire(let number, _):
                processes[number]?.retire()
                metrics(of: number)?.drains.increment()
                logger.info("worker asked to finish and end", fields(number))
            case .terminate(let number, _):
                processes[number]?.terminate()
                logger.info("child asked to end", fields(number))
            case .kill(let number, _):
                processes[number]?.killGroup()
                logger.warning("child did not end in time and was killed", fields(number))
            case .awaitRestart(let number, let delay, let failures):
                metrics(of: number)?.crashes.increment()
                logRestart(number, delay, failures)
                countFailing()
            case .forget(let number):
                metrics(of: number)?.stops.increment()
                roster.remove(number)
                specifications[number] = nil
            }
        }
    }

    private mutating func spawn(_ number: Int) {
        guard let specification = specifications[number] else { return }
        do throws(SystemCallError) {
            let process = try SpawnedProcess.start(specification)
            processes[number] = process
            machine.spawned(number, pid: process.pid)
            metrics(of: number)?.starts.increment()
            logger.info("child started", fields(number))
            try watch(number, process)
        } catch {
            logger.error("child could not be started", fields(number), error: error)
            perform(machine.ended(number, at: .now, jitter: .random(in: 0...1)))
        }
    }

    /// A child that cannot be watched is not kept.
    private mutating func watch(_ number: Int, _ process: SpawnedProcess) throws(SystemCallError) {
        do {
            try process.watch(
                onReady: { [events] in events.yield(.ready(number)) },
                onExit: { [events] in events.yield(.exited(number)) }
            )
        } catch {
            process.killGroup()
            _ = process.reap()
            processes[number] = nil
            throw error
        }
    }

    private mutating func reap(_ number: Int) {
        guard let process = processes[number] else { return }
        let fields = fields(number)
        processes[number] = nil
        logExit(process.reap(), fields)
        perform(machine.ended(number, at: .now, jitter: .random(in: 0...1)))
    }

    /// For a task that is cancelled; otherwise nothing is left by then.
    private mutating func killAll() {
        for (number, process) in processes {
            process.killGroup()
            logger.warning("child killed without grace", fields(number))
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

    private func metrics(of number: Int) -> FleetMetrics? { roster.set(of: number).flatMap { metrics[$0] } }

    private func countFailing() {
        for set in metrics.keys {
            let failed = roster.children(of: set).count { number in
                machine.status(of: number).map { $0.phase != .ready && $0.failures >= Self.crashLoop } ?? false
            }
            failing.set(failed, of: set)
        }
    }
}
