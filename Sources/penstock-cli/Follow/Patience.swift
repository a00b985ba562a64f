/// How long a follower puts up with a server that does not answer: restarts and network trouble pass. Pure.
struct Patience: Sendable {
    var limit = Duration.seconds(300)
    private var failingSince: Duration?

    init(limit: Duration = .seconds(300)) {
        self.limit = limit
    }

    mutating func succeeded() {
        failingSince = nil
    }

    /// What to do about a failed call.
    enum Verdict: Equatable {
        case giveUp
        /// `isFirst` when the trouble has just begun, so that it is told once.
        case goOn(isFirst: Bool)
    }

    mutating func failed(_ error: CLIError, at time: Duration) -> Verdict {
        guard error.isTransient else { return .giveUp }
        guard let since = failingSince else {
            failingSince = time
            return .goOn(isFirst: true)
        }
        return time - since < limit ? .goOn(isFirst: false) : .giveUp
    }
}
