/// Makes the calls of suspects, jobs that workers died of, in processes apart from everybody else's.
package protocol SuspectCaller: Sendable {
    /// Makes one call.
    ///
    /// - Parameter most: calls that the same process makes at once, this one included.
    func call(
        _ target: Target,
        endpoint: Endpoint,
        body: [UInt8],
        headers: ProviderHeaders,
        within timeout: Duration,
        amongAtMost most: Int
    ) async -> SuspectOutcome
}

/// What became of a suspect's call.
package enum SuspectOutcome: Sendable, Equatable {
    case reported(CallReport)
    /// The process died while it made so many calls, more than this one: nobody knows whose fault it was.
    case diedAmong(calls: Int)
}

/// How many suspects share a process: fewer with each death, so that who is innocent is quickly through and who is not is
/// alone in the end.
package enum SuspectGroup {
    private static let first = 64

    /// - Parameters:
    ///   - deaths: workers, or groups of suspects, that died with the job.
    ///   - threshold: deaths that make a suspect.
    package static func size(deaths: Int, threshold: Int) -> Int {
        max(1, first >> (2 * min(8, max(0, deaths - threshold))))
    }
}
