import Glibc

/// Decides when the children of a fleet are started, asked to end and killed. No processes, no clock: what happened
/// comes in, what to do comes out. Children are named by their index.
struct FleetMachine: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What the caller is to do, in this order.
    enum Action: Sendable, Equatable {
        /// Start it, then call `spawned` or `failed`.
        case spawn(Int)
        /// Send SIGTERM.
        case terminate(Int, pid: pid_t)
        /// Its grace is over: send SIGKILL.
        case kill(Int, pid: pid_t)
        /// It will be started again after `delay`; `failures` in a row so far.
        case awaitRestart(Int, delay: Duration, failures: Int)
    }

    fileprivate enum State: Equatable {
        case waiting(until: Instant)
        case starting
        case running(pid: pid_t, since: Instant)
        case stopping(pid: pid_t, killAt: Instant)
        case killed
        case stopped
    }

    private struct Child {
        let stopOrder: Int
        let grace: Duration
        var state: State
        var failures = 0
    }

    private let policy: RestartPolicy
    private var children: [Child]
    private var isStopping = false

    /// A fleet whose children are all due to be started.
    init(_ specifications: [ChildSpecification], policy: RestartPolicy, at now: Instant) {
        self.policy = policy
        children = specifications.map {
            Child(stopOrder: $0.stopOrder, grace: $0.grace, state: .waiting(until: now))
        }
    }

    /// Whether the fleet was stopped and nothing runs any more.
    var isFinished: Bool { isStopping && children.allSatisfy { $0.state == .stopped } }

    /// When `tick` has something to do next; nil when only an event can change anything.
    var nextDeadline: Instant? { children.compactMap(\.state.deadline).min() }

    /// Does what is due.
    mutating func tick(at now: Instant) -> [Action] {
        children.indices.compactMap { index in
            switch children[index].state {
            case .waiting(let start) where start <= now:
                children[index].state = .starting
                return .spawn(index)
            case .stopping(let pid, let killAt) where killAt <= now:
                children[index].state = .killed
                return .kill(index, pid: pid)
            default: return nil
            }
        }
    }

    /// A child runs.
    mutating func spawned(_ index: Int, pid: pid_t, at now: Instant) {
        children[index].state = .running(pid: pid, since: now)
    }

    /// A child ended, or could not be started. None is meant to end by itself, so it is started again whatever its exit
    /// code.
    mutating func ended(_ index: Int, at now: Instant, jitter: Double) -> [Action] {
        guard !isStopping else {
            children[index].state = .stopped
            return stopNext(at: now)
        }
        if case .running(_, let since) = children[index].state, now - since >= policy.healthyAfter {
            children[index].failures = 0
        }
        children[index].failures += 1
        let failures = children[index].failures
        let delay = policy.delay(afterFailures: failures, jitter: jitter)
        children[index].state = .waiting(until: now + delay)
        return [.awaitRestart(index, delay: delay, failures: failures)]
    }

    /// Begins to end all children, in their order. Calling it again changes nothing.
    mutating func stop(at now: Instant) -> [Action] {
        guard !isStopping else { return [] }
        isStopping = true
        for index in children.indices where children[index].state.isWaiting { children[index].state = .stopped }
        return stopNext(at: now)
    }

    /// Asks the children that are next in order to end, unless some of theirs are still ending.
    private mutating func stopNext(at now: Instant) -> [Action] {
        let left = children.filter { $0.state != .stopped }
        guard let order = left.map(\.stopOrder).min() else { return [] }
        return children.indices.compactMap { index in
            guard children[index].stopOrder == order, case .running(let pid, _) = children[index].state else {
                return nil
            }
            children[index].state = .stopping(pid: pid, killAt: now + children[index].grace)
            return .terminate(index, pid: pid)
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
        case .starting, .running, .killed, .stopped: nil
        }
    }
}
