/// Removes what is kept no longer. What calls cost stays: attempts are the books.
package protocol RetentionLedger: Sendable {
    /// Removes a batch that has ended, with all its rows and the files that show them. Its input is a file of its own.
    func delete(_ batch: BatchRecord) async throws

    /// Removes the terminal row of a single job. Of one that was cancelled the decision stays, emptied, as
    /// `TerminalRow.deletion`: its call may still come to an end.
    ///
    /// - Returns: false when there was none.
    func deleteRow(of job: JobID) async throws -> Bool

    /// Removes terminal rows of a tenant's single jobs that finished before `moment`, with what is kept of those that
    /// were quarantined.
    ///
    /// - Returns: how many, at most `limit`.
    func deleteFinishedJobs(of tenant: TenantID, before moment: Timestamp, limit: Int) async throws -> Int

    /// Removes deliveries to a tenant's receivers that have ended and were made before `moment`.
    ///
    /// - Returns: how many, at most `limit`.
    func deleteEndedDeliveries(of tenant: TenantID, before moment: Timestamp, limit: Int) async throws -> Int

    /// Files whose time was over at `moment`, in no order.
    func expiredFiles(at moment: Timestamp, limit: Int) async throws -> [FileID]

    /// Forgets idempotency keys that were used before `moment`.
    ///
    /// - Returns: how many.
    func forgetIdempotencyKeys(before moment: Timestamp) async throws -> Int
}
