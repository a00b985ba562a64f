import Logging
import Penstock
import Telemetry

/// Removes results, files and webhooks that are older than their tenant keeps them.
///
/// Costs stay: attempts are the books. Every step may be repeated, by any scheduler.
struct Retention: Sendable {
    private static let page = 500
    private static let batchesPerPage = 50

    let dependencies: SchedulerDependencies
    /// For tenants without a time of their own.
    let standard: Duration
    let logger: Logger

    private var ledger: any Ledger { dependencies.ledger }

    func sweep() async throws {
        let now = dependencies.clock.now()
        var removed = try await removeExpiredFiles(at: now)
        var longest = standard
        for tenant in try await ledger.tenants() {
            let kept = tenant.retentionDays.map { Duration.seconds(Int64($0) * 86_400) } ?? standard
            longest = max(longest, kept)
            removed += try await removeOld(of: tenant.id, before: now.adding(.zero - kept))
        }
        // A repetition is told of a result; without the result there is nothing to tell.
        _ = try await ledger.forgetIdempotencyKeys(before: now.adding(.zero - longest))
        if removed > 0 { logger.info("removed what is kept no longer", [.count: .integer(removed)]) }
    }

    private func removeOld(of tenant: TenantID, before moment: Timestamp) async throws -> Int {
        var removed = try await removeOldBatches(of: tenant, before: moment)
        removed += try await all { try await removeOldFiles(of: tenant, before: moment) }
        removed += try await all {
            try await ledger.deleteFinishedJobs(of: tenant, before: moment, limit: Self.page)
        }
        removed += try await all {
            try await ledger.deleteEndedDeliveries(of: tenant, before: moment, limit: Self.page)
        }
        return removed
    }

    /// Batches that ended before a moment were made before it, so the newest of those is where the walk begins.
    private func removeOldBatches(of tenant: TenantID, before moment: Timestamp) async throws -> Int {
        var removed = 0
        var cursor = IDGenerator.firstBatch(at: moment)
        while true {
            let batches = try await ledger.batches(of: tenant, after: cursor, limit: Self.batchesPerPage)
            guard let last = batches.last else { return removed }
            for batch in batches where batch.endedAt.map({ $0 < moment }) ?? false {
                try await ledger.delete(batch)
                removed += 1
            }
            cursor = last.id
        }
    }

    /// Files that were uploaded before a moment. Views of a batch's rows go with the batch, which may have ended later.
    private func removeOldFiles(of tenant: TenantID, before moment: Timestamp) async throws -> Int {
        let oldest = try await ledger.files(
            of: tenant,
            purpose: .batch,
            after: nil,
            newestFirst: false,
            limit: Self.page
        )
        return try await remove(oldest.prefix { $0.createdAt < moment }.map(\.id))
    }

    private func removeExpiredFiles(at now: Timestamp) async throws -> Int {
        try await remove(try await ledger.expiredFiles(at: now, limit: Self.page))
    }

    /// The input of a batch that has not ended is kept until it has.
    private func remove(_ files: [FileID]) async throws -> Int {
        guard !files.isEmpty else { return 0 }
        let needed = Set(try await ledger.unfinishedBatches().map(\.inputFile))
        var removed = 0
        for file in files where !needed.contains(file) {
            if try await ledger.delete(file) { removed += 1 }
        }
        return removed
    }

    private func all(_ portion: () async throws -> Int) async throws -> Int {
        var removed = 0
        while true {
            let count = try await portion()
            removed += count
            if count < Self.page { return removed }
            try Task.checkCancellation()
        }
    }
}
