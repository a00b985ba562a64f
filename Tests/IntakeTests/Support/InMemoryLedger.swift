import Penstock
import Synchronization

/// The ledger in a dictionary: what Intake uses of it, with the same answers as the real one.
final class InMemoryLedger: Ledger {
    struct State {
        var rows: [JobID: TerminalRow] = [:]
        var attempts: [AttemptRow] = []
        var accepted: [JobID: (job: Job, body: [UInt8], pool: PoolName)] = [:]
        var keys: [String: (id: String, hash: String)] = [:]
        var batches: [BatchID: BatchRecord] = [:]
        var files: [FileID: FileRecord] = [:]
        var chunks: [FileID: [[UInt8]]] = [:]
        var tenants: [TenantID: TenantRecord] = [:]
        var apiKeys: [APIKeyRecord] = []
        var costs: [CostLine] = []
        /// What every call throws.
        var failure: (any Error)?
        var apiKeyLookups = 0
        var summaries = 0
        var largestChunk = 0
        /// Batch replacements that still find another writer in between.
        var conflictsToCome = 0
    }

    private let state = Mutex(State())

    /// Looks at or changes the whole, from outside.
    func edit<Value>(_ body: (inout State) -> sending Value) -> sending Value { state.withLock(body) }

    private func access<Value>(_ body: (inout State) throws -> sending Value) throws -> sending Value {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return try body(&state)
        }
    }

    // MARK: Jobs

    func record(_ completion: Completion) async throws -> Decision {
        try access { state in if let attempt = completion.attempt { state.attempts.append(attempt) } }
        guard let row = completion.terminal else { return .won }
        return try await decide([row])[0]
    }

    func decide(_ rows: [TerminalRow]) async throws -> [Decision] {
        try access { state in
            rows.map { row in
                if let earlier = state.rows[row.job] { return .lost(to: earlier.state) }
                state.rows[row.job] = row
                state.accepted[row.job] = nil
                return .won
            }
        }
    }

    func terminalRow(of job: JobID) async throws -> TerminalRow? { try access { $0.rows[job] } }

    func attempts(of job: JobID) async throws -> [AttemptRow] {
        try access { state in state.attempts.filter { $0.job == job } }
    }

    func finishedJobs(of tenant: TenantID, state wanted: TerminalState?, after cursor: JobID?, limit: Int)
        async throws -> [TerminalRow]
    {
        try access { state in
            let rows = state.rows.values.filter {
                $0.tenant == tenant && $0.line == nil && $0.state == wanted ?? $0.state
            }
            let sorted = rows.sorted { $0.job.text.suffix(20) > $1.job.text.suffix(20) }
            let rest = sorted.filter { row in cursor.map { row.job.text.suffix(20) < $0.text.suffix(20) } ?? true }
            return Array(rest.prefix(limit))
        }
    }

    func accept(_ job: Job, body: [UInt8], pool: PoolName) async throws {
        try access { $0.accepted[job.id] = (job, body, pool) }
    }

    func acceptedBody(of job: JobID) async throws -> [UInt8]? { try access { $0.accepted[job]?.body } }

    func acceptedJob(_ job: JobID) async throws -> Job? { try access { $0.accepted[job]?.job } }

    func acceptedJobs(in pool: PoolName, before moment: Timestamp, after cursor: JobID?, limit: Int) async throws
        -> [Job]
    { [] }

    func reserve(_ key: IdempotencyKey, for id: String, at now: Timestamp) async throws -> Reservation {
        try access { state in
            let name = "\(key.tenant) \(key.scope) \(key.key)"
            guard let earlier = state.keys[name] else {
                state.keys[name] = (id, key.requestHash)
                return .reserved
            }
            return earlier.hash == key.requestHash ? .replay(of: earlier.id) : .conflict
        }
    }

    /// Everything under the tenant's name as key, whatever the grouping: enough to see who is asked for.
    func costs(of tenant: TenantID?, since: Timestamp?, until: Timestamp?, by grouping: CostGrouping) async throws
        -> [CostLine]
    {
        try access { state in state.costs.filter { tenant == nil || $0.key == tenant?.text } }
    }

    // MARK: Batches

    func insert(_ batch: BatchRecord) async throws {
        try access { state in if state.batches[batch.id] == nil { state.batches[batch.id] = batch } }
    }

    func batch(_ id: BatchID) async throws -> BatchRecord? { try access { $0.batches[id] } }

    func replace(_ batch: BatchRecord) async throws -> BatchRecord? {
        try access { state in
            if state.conflictsToCome > 0 {
                state.conflictsToCome -= 1
                state.batches[batch.id]?.version += 1
            }
            guard state.batches[batch.id]?.version == batch.version else { return nil }
            var stored = batch
            stored.version += 1
            state.batches[batch.id] = stored
            return stored
        }
    }

    func batches(of tenant: TenantID, after cursor: BatchID?, limit: Int) async throws -> [BatchRecord] {
        try access { state in
            let found = state.batches.values.filter { $0.tenant == tenant }.sorted { $0.id.text > $1.id.text }
            return Array(found.filter { batch in cursor.map { batch.id.text < $0.text } ?? true }.prefix(limit))
        }
    }

    func unfinishedBatches() async throws -> [BatchRecord] {
        try access { state in state.batches.values.filter { !$0.state.isTerminal } }
    }

    func finishedLines(of batch: BatchID, in lines: ClosedRange<Int>) async throws -> Set<Int> { [] }

    func counts(of batch: BatchID) async throws -> BatchCounts { try await summary(of: batch).counts }

    func summary(of batch: BatchID) async throws -> BatchSummary {
        try access { state in
            state.summaries += 1
            var counts = BatchCounts()
            for row in state.rows.values where row.line?.batch == batch { counts.add(1, row.state) }
            let attempts = state.attempts.filter { $0.batch == batch }
            return BatchSummary(
                counts: counts,
                usage: attempts.compactMap(\.usage).reduce(.zero, +),
                cost: attempts.compactMap(\.cost).reduce(Nanodollars(0), +),
                unknownCosts: attempts.filter { $0.cost == nil }.count
            )
        }
    }

    func rows(of batch: BatchID, _ kind: RowKind, afterLine line: Int, limit: Int) async throws -> [TerminalRow] {
        try access { state in
            let rows = state.rows.values.filter { $0.line?.batch == batch && $0.kind == kind }
            let sorted = rows.sorted { ($0.line?.number ?? 0) < ($1.line?.number ?? 0) }
            return Array(sorted.filter { ($0.line?.number ?? 0) > line }.prefix(limit))
        }
    }

    func outputBytes(of batch: BatchID, _ kind: RowKind) async throws -> Int64 { 0 }

    // MARK: Files

    func appendChunk(_ bytes: [UInt8], number: Int, of file: FileID, at now: Timestamp) async throws {
        try access { state in
            precondition(state.chunks[file, default: []].count == number, "chunks come in order")
            state.chunks[file, default: []].append(bytes)
            state.largestChunk = max(state.largestChunk, bytes.count)
        }
    }

    func insert(_ file: FileRecord) async throws { try access { $0.files[file.id] = file } }

    func file(_ id: FileID) async throws -> FileRecord? { try access { $0.files[id] } }

    func files(of tenant: TenantID, purpose: FilePurpose?, after cursor: FileID?, newestFirst: Bool, limit: Int)
        async throws -> [FileRecord]
    {
        try access { state in
            let found = state.files.values.filter { $0.tenant == tenant && $0.purpose == purpose ?? $0.purpose }
            let sorted = found.sorted { newestFirst ? $0.id.text > $1.id.text : $0.id.text < $1.id.text }
            let rest = sorted.filter { file in
                cursor.map { newestFirst ? file.id.text < $0.text : file.id.text > $0.text } ?? true
            }
            return Array(rest.prefix(limit))
        }
    }

    func chunk(_ number: Int, of file: FileID) async throws -> [UInt8]? {
        try access { state in
            let chunks = state.chunks[file] ?? []
            return chunks.indices.contains(number) ? chunks[number] : nil
        }
    }

    func delete(_ file: FileID) async throws -> Bool {
        try access { state in
            state.chunks[file] = nil
            return state.files.removeValue(forKey: file) != nil
        }
    }

    func deleteAbandonedChunks(before moment: Timestamp) async throws -> Int { 0 }

    // MARK: Tenants

    func put(_ tenant: TenantRecord) async throws { try access { $0.tenants[tenant.id] = tenant } }

    func tenant(_ id: TenantID) async throws -> TenantRecord? { try access { $0.tenants[id] } }

    func tenants() async throws -> [TenantRecord] {
        try access { $0.tenants.values.sorted { $0.id.text < $1.id.text } }
    }

    func insert(_ key: APIKeyRecord) async throws { try access { $0.apiKeys.append(key) } }

    func apiKey(hash: String) async throws -> APIKeyRecord? {
        try access { state in
            state.apiKeyLookups += 1
            return state.apiKeys.first { $0.hash == hash }
        }
    }

    func apiKeys(of tenant: TenantID?) async throws -> [APIKeyRecord] {
        try access { state in state.apiKeys.filter { tenant == nil || $0.tenant == tenant } }
    }

    func revokeAPIKey(_ id: String, at now: Timestamp) async throws -> Bool {
        try access { state in
            guard let place = state.apiKeys.firstIndex(where: { $0.id == id }) else { return false }
            state.apiKeys[place].revokedAt = now
            return true
        }
    }
}
