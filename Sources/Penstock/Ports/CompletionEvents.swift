/// Tells who waits for a single job that it has ended: a hint, the ledger is asked for the outcome.
package protocol CompletionEvents: Sendable {
    /// Waits until the job's end is announced, at most `timeout`. Also returns early whenever an announcement may have
    /// been missed, so the caller asks the ledger after every return.
    func waitForEnd(of job: JobID, timeout: Duration) async
}
