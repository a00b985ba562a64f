import Fetch

/// When an exchange is made again, and after how long. Pure.
struct ExchangeRetry: Sendable {
    /// Waits between the tries where the server does not say; one more try than there are waits.
    var waits: [Duration] = [.milliseconds(250), .milliseconds(750), .milliseconds(1500)]
    /// Longest wait that a server's `Retry-After` is followed for.
    var longestWait = Duration.seconds(60)

    /// For who looks again anyway, or can do without.
    static let never = ExchangeRetry(waits: [])

    /// Refusals that only the caller can decide about: waiting brings the deadline closer.
    private static let finalCodes = ["deadline_unmeetable"]

    /// - Parameters:
    ///   - code: of the error envelope.
    ///   - tries: how many there were, this one included.
    ///   - isRepeatable: whether making the exchange twice does no harm.
    /// - Returns: nil to take the answer as it is.
    func wait(afterStatus status: Int, code: String? = nil, retryAfter: String?, tries: Int, isRepeatable: Bool)
        -> Duration?
    {
        guard isRepeatable, status == 429 || status == 503, tries <= waits.count else { return nil }
        if let code, Self.finalCodes.contains(code) { return nil }
        guard let seconds = retryAfter.flatMap({ Int($0) }) else { return waits[tries - 1] }
        let asked = Duration.seconds(max(0, seconds))
        return asked <= longestWait ? max(asked, waits[tries - 1]) : nil
    }

    /// - Returns: nil to give up.
    func wait(afterFailure error: FetchError, tries: Int, isRepeatable: Bool) -> Duration? {
        let mayRepeat = isRepeatable || !error.requestMayHaveBeenSent
        guard mayRepeat, Self.isWorthRepeating(error), tries <= waits.count else { return nil }
        return waits[tries - 1]
    }

    /// A server that restarts refuses or breaks connections for a moment.
    static func isWorthRepeating(_ error: FetchError) -> Bool {
        error.code == .connectFailed || error.code == .connectionLost
    }
}
