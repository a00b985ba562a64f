import Glibc

/// Decides when the children of a fleet are started, asked to end and killed. No processes, no clock: what happened
/// comes in, what to do comes out. Children are named by numbers that are never used again.
struct FleetMachine: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What the caller is to do, in this order.
    enum Action: Sendable, Equatable {
        /// Start it, then call `spawned` or `failed`.
        case spawn(Int)
        /// Ask it to finish what it has and end, however long that takes.
        case retire(Int, pid: pid_t)
        /// Send SIGTERM.
        case terminate(Int, pid: pid_t)
        /// Its grace is over: send SIGKILL.
        case kill(Int, pid: pid_t)
        /// It will be started again after `delay`; `failures` in a row so far.
        case awaitRestart(Int, delay: Duration, failures: Int)
        /// It was retired and is gone.
        case forget(Int)
    }

    /// What a child is to whoever counts workers.
    enum Phase: Sendable, Equatable {
        /// It ended too often and waits to be started again.
        case waiting
        /// It runs and has not said yet that it is ready.
        case starting
        case ready
        /// It was asked to end.
        case ending
    }

    fileprivate enum State: Equatable {
        case waiting(until: Instant)
        case starting
        case running(pid: pid_t, readySince: Instant?)
        case retiring(pid: pid_t)
        case stopping(pid: pid_t, killAt: Instant)
        case killed
        case stopped
    }

    private struct Child {
        let stopOrder: Int
        let grace: Duration
        let policy: RestartPolicy
        var state: State
        var failures = 0
    }

    private var children: [Int: Child] = [:]
    private var nextNumber = 0
    private var isStopping = false

    /// Whether the fleet was stopped and nothing runs any more.
    var isFinished: Bool { isStopping && children.values.allSatisfy { $0.state == .stopped } }

    /// When `tick` has something to do next; nil when only an event can change anything.
    var nextDeadline: Instant? { children.values.compactMap(\.state.deadline).min() }

    /// What a child is, its process id, and how often in a row it ended too early; nil when it is gone.
    func status(of number: Int) -> (phase: Phase, pid: pid_t?, failures: Int)? {
        children[number].map { ($0.state.phase, $0.state.pid, $0.failures) }
    }

    /// Adds a child that is due to be started.
    ///
    /// - Returns: its number.
    mutating func add(_ child: ChildSpecification, at now: Instant) -> Int {
        defer { nextNumber += 1 }
        children[nextNumber] = Child(
            stopOrder: child.stopOrder,
            grace: child.grace,
            policy: child.restarts,
            state: isStopping ? .stopped : .waiting(until: now)
        )
        return nextNumber
    }

    /// Does what is due.
    mutating func tick(at now: Instant) -> [Action] {
        children.keys.sorted().compactMap { number in
            switch children[number]?.state {
            case .waiting(let start) where start <= now:
                children[number]?.state = .starting
                return .spawn(number)
            case .stopping(let pid, let killAt) where killAt <= now:
                children[number]?.state = .killed
                return .kill(number, pid: pid)
            default: return nil
            }
        }
    }

    /// A child runs.
    mutating func spawned(_ number: Int, pid: pid_t) {
        children[number]?.state = .running(pid: pid, readySince: nil)
    }

    /// A child says that it is ready.
    mutating func becameReady(_ number: Int, at now: Instant) {
        guard case .running(let pid, nil) = children[number]?.state else { return }
        children[number]?.state = .running(pid: pid, readySince: now)
    }

    /// Asks a child to end for good, without hurry: it is not started again. One that does not run is gone at once.
    mutating func retire(_ number: Int) -> [Action] {
        switch children[number]?.state {
        case .waiting, .starting:
            children[number] = nil
            return [.forget(number)]
        case .running(let pid, _):
            children[number]?.state = .retiring(pid: pid)
            return [.retire(number, pid: pid)]
        case .retiring, .stopping, .killed, .stopped, nil: return []
        }
    }

    /// A child ended, or could not be started. None is meant to end by itself, so it is started again whatever its exit
    /// code, unless it was retired.
    mutating func ended(_ number: Int, at now: Instant, jitter: Double) -> [Action] {
        guard let child = children[number] else { return [] }
        guard !isStopping else {
            children[number]?.state = .stopped
            return stopNext(at: now)
        }
        if case .retiring = child.state {
            children[number] = nil
            return [.forget(number)]
        }
        return restart(number, child, at: now, jitter: jitter)
    }

    /// One that was ready is started again at once: somebody killed it. When that happens again and again within moments,
    /// it is to blame itself.
    private mutating func restart(_ number: Int, _ child: Child, at now: Instant, jitter: Double) -> [Action] {
        var failures = child.failures + 1
        var delay = child.policy.delay(afterFailures: failures, jitter: jitter)
        if case .running(_, let readySince?) = child.state {
            if now - readySince >= child.policy.healthyAfter { failures = 1 }
            if failures <= child.policy.quickRestarts { delay = .zero }
        }
        children[number]?.failures = failures
        children[number]?.state = .waiting(until: now + delay)
        return [.awaitRestart(number, delay: delay, failures: failures)]
    }

    /// Begins to end all children, in their order. Calling it again changes nothing.
    mutating func stop(at now: Instant) -> [Action] {
        guard !isStopping else { return [] }
        isStopping = true
        for number in children.keys where children[number]?.state.isWaiting == true {
            children[number]?.state = .stopped
        }
        return stopNext(at: now)
    }

    /// Asks the children that are next in order to end, unless some of theirs are still ending.
    private mutating func stopNext(at now: Instant) -> [Action] {
        let left = children.values.filter { $0.state != .stopped }
        guard let order = left.map(\.stopOrder).min() else { return [] }
        return children.keys.sorted().compactMap { number in
            guard let child = children[number], child.stopOrder == order, let pid = child.state.pidToStop else {
                return nil
            }
            children[number]?.state = .stopping(pid: pid, killAt: now + child.grace)
            return .terminate(number, pid: pid)
        }
    }
}

extension FleetMachine.State {
    fileprivate var isWaiting: Bool {
        if case .waiting = self { true } else { false }
    }

    fileprivate var deadline: FleetMachine.Instant? {
        switch self {
        case .waiting(let start): start
        case .stopping(_, let killAt): killAt
        case .starting, .running, .retiring, .killed, .stopped: nil
        }
    }

    fileprivate var pid: pid_t? {
        switch self {
        case .running(let pid, _), .retiring(let pid), .stopping(let pid, _): pid
        case .waiting, .starting, .killed, .stopped: nil
        }
    }

    /// Of one that was not yet asked to end in time.
    fileprivate var pidToStop: pid_t? {
        switch self {
        case .running(let pid, _), .retiring(let pid): pid
        case .waiting, .starting, .stopping, .killed, .stopped: nil
        }
    }

    fileprivate var phase: FleetMachine.Phase {
        switch self {
        case .waiting: .waiting
        case .starting, .running(_, nil): .starting
        case .running: .ready
        case .retiring, .stopping, .killed, .stopped: .ending
        }
    }
}
