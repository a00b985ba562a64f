import NIOCore

/// The decisions of a client: connect, wait, write, refuse. Has no socket and no clock.
struct ClientStateMachine<Promise> {
    /// What to do with a new request.
    enum Submission {
        case write
        /// It was queued until the connection is there.
        case wait
        /// It was queued, and is the first: connect.
        case connect
        case refuse(RedisError)
    }

    /// What follows from an attempt that failed.
    struct Retry {
        let delay: Duration
        /// The first of a row: worth a line in the log.
        let isFirst: Bool
        /// Requests for which waiting is pointless.
        let refused: [Promise]
    }

    private enum State { case idle, connecting, connected, backingOff, closed }

    private var state = State.idle
    private var waiting = CircularBuffer<Request<Promise>>()
    private var policy: ReconnectPolicy
    private let maximumWaiting: Int
    private(set) var lastFailure: RedisError?

    init(backoff: RedisBackoff, maximumWaiting: Int) {
        self.policy = ReconnectPolicy(backoff)
        self.maximumWaiting = maximumWaiting
    }

    /// The moment at which the next waiting request gives up.
    var earliestDeadline: NIODeadline? { waiting.lazy.map(\.deadline).min() }

    mutating func submit(_ request: Request<Promise>) -> Submission {
        switch state {
        case .connected: return .write
        case .closed: return .refuse(.shutDown)
        case .idle, .connecting, .backingOff: break
        }
        guard waiting.count < maximumWaiting else {
            return .refuse(RedisError(.queueFull, "\(waiting.count) commands already wait for a connection"))
        }
        waiting.append(request)
        guard state == .idle else { return .wait }
        state = .connecting
        return .connect
    }

    /// A connection is ready.
    ///
    /// - Returns: What waited for it; `nil` when the client was closed meanwhile and the connection is not wanted.
    mutating func connected(at now: NIODeadline) -> [Request<Promise>]? {
        guard state == .connecting else { return nil }
        state = .connected
        lastFailure = nil
        policy.connected(at: now)
        defer { waiting.removeAll() }
        return Array(waiting)
    }

    /// An attempt failed. Requests keep waiting for the next one, unless the credentials are refused: that does not
    /// heal within a request's time. `nil` when the client was closed meanwhile.
    mutating func connectFailed(_ error: RedisError, at now: NIODeadline, random: Double) -> Retry? {
        guard state == .connecting else { return nil }
        lastFailure = error
        var refused: [Promise] = []
        if error.code == .authenticationFailed {
            refused = waiting.compactMap(\.promise)
            waiting.removeAll()
        }
        return backOff(at: now, random: random, refused: refused)
    }

    /// The connection was lost, or is of no more use. `nil` when there was none or the client is closed.
    mutating func connectionLost(at now: NIODeadline, random: Double) -> Retry? {
        guard state == .connected else { return nil }
        return backOff(at: now, random: random, refused: [])
    }

    private mutating func backOff(at now: NIODeadline, random: Double, refused: [Promise]) -> Retry {
        state = .backingOff
        let isFirst = policy.isFirstAttempt
        return Retry(delay: policy.nextDelay(at: now, random: random), isFirst: isFirst, refused: refused)
    }

    /// The wait is over. Returns whether to connect.
    mutating func retry() -> Bool {
        guard state == .backingOff else { return false }
        state = .connecting
        return true
    }

    /// Takes out a waiting request whose caller has gone; `nil` when none has that id.
    mutating func cancel(_ id: UInt64) -> Promise? {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        return waiting.remove(at: index).promise
    }

    /// Takes out the waiting requests whose time is up.
    mutating func expire(at now: NIODeadline) -> [Promise] {
        let expired = waiting.filter { $0.deadline <= now }
        waiting.removeAll { $0.deadline <= now }
        return expired.compactMap(\.promise)
    }

    /// Ends everything; returns what was waiting.
    mutating func close() -> [Promise] {
        state = .closed
        defer { waiting.removeAll() }
        return waiting.compactMap(\.promise)
    }
}
