package import Penstock
import Synchronization

/// The ledger in dictionaries, with the same answers as the real one.
package final class InMemoryLedger: Ledger {
    package struct State {
        package var rows: [JobID: TerminalRow] = [:]
        package var attempts: [AttemptRow] = []
        package var accepted: [JobID: (job: Job, body: [UInt8], pool: PoolName)] = [:]
        /// How long the beginning of a creation takes.
        package var creationDelay = Duration.zero
        package var creations: [ClaimedCreation] = []
        package var quarantined: [JobID: (job: Job, body: [UInt8], pool: PoolName)] = [:]
        package var keys: [String: (id: String, hash: String)] = [:]
        package var batches: [BatchID: BatchRecord] = [:]
        package var files: [FileID: FileRecord] = [:]
        package var chunks: [FileID: [[UInt8]]] = [:]
        package var tenants: [TenantID: TenantRecord] = [:]
        package var apiKeys: [APIKeyRecord] = []
        package var pauses: [Pause] = []
        package var costs: [CostLine] = []
        package var webhookEndpoints: [String: WebhookEndpoint] = [:]
        package var events: [WebhookEvent] = []
        package var deliveries: [String: WebhookDelivery] = [:]
        /// The room there is; nil where it is not known.
        package var disk: DiskSpace?
        /// What every call throws.
        package var failure: (any Error)?
        package var apiKeyLookups = 0
        package var summaries = 0
        package var largestChunk = 0
        /// Batch replacements that still find another writer in between.
        package var conflictsToCome = 0
    }

    private let journal: Journal
    private let state = Mutex(State())

    package init(journal: Journal = Journal()) {
        self.journal = journal
    }

    /// Looks at or changes the whole, from outside.
    package func edit<Value>(_ body: (inout State) -> sending Value) -> sending Value { state.withLock(body) }

    func access<Value>(_ body: (inout State) throws -> sending Value) throws -> sending Value {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return try body(&state)
        }
    }

    // MARK: Jobs

    package func record(_ completion: Completion) async throws -> Decision {
        journal.note("try to record")
        try access { state in if let attempt = completion.attempt { state.put(attempt) } }
        journal.note("record \(completion.attempt?.outcome.text ?? "nothing")")
        guard let row = completion.terminal else { return .won }
        return try await decide([row])[0]
    }

    package func decide(_ rows: [TerminalRow]) async throws -> [Decision] {
        let decisions: [Decision] = try access { state in
            rows.map { row in
                if let earlier = state.rows[row.job] { return .lost(to: earlier.state) }
                state.rows[row.job] = row
                let accepted = state.accepted.removeValue(forKey: row.job)
                if row.isQuarantined, let accepted { state.quarantined[row.job] = accepted }
                if let event = WebhookEvent(row) { state.events.append(event) }
                return .won
            }
        }
        for (row, decision) in zip(rows, decisions) {
            journal.note("\(decision == .won ? "decide" : "second decision") \(row.job) \(row.state.rawValue)")
        }
        return decisions
    }

    package func terminalRow(of job: JobID, _ admission: AnswerAdmission) async throws -> TerminalRow? {
        let row = try access { $0.rows[job] }
        try admission.admit(row?.answerBytes ?? 0)
        return row
    }

    package func attempts(of job: JobID) async throws -> [AttemptRow] {
        try access { state in state.attempts.filter { $0.job == job } }
    }

    package func finishedJobs(
        of tenant: TenantID,
        _ selection: JobSelection,
        after cursor: JobID?,
        _ bounds: PageBounds
    )
        async throws -> [TerminalRow]
    {
        try access { state in
            let rows = state.rows.values.filter {
                $0.tenant == tenant && $0.line == nil && $0.state == selection.state ?? $0.state
                    && !$0.isDeleted && selection.includes($0.tags, createdAt: $0.createdAt)
            }
            let sorted = rows.sorted { $0.job.text.suffix(20) > $1.job.text.suffix(20) }
            let rest = sorted.filter { row in cursor.map { row.job.text.suffix(20) < $0.text.suffix(20) } ?? true }
            return bounds.cut(rest)
        }
    }

    package func accept(_ job: Job, body: [UInt8], pool: PoolName) async throws {
        try access { state in
            // As in the ledgers, a job that has ended does not come back.
            if state.rows[job.id] == nil { state.accepted[job.id] = (job, body, pool) }
        }
    }

    package func acceptedBody(of job: JobID) async throws -> [UInt8]? { try access { $0.accepted[job]?.body } }

    package func acceptedJob(_ job: JobID) async throws -> Job? { try access { $0.accepted[job]?.job } }

    package func acceptedJobs(in pool: PoolName, before moment: Timestamp, after cursor: JobID?, limit: Int)
        async throws
        -> [Job]
    {
        try access { state in
            let found = state.accepted.values.filter { $0.pool == pool && $0.job.createdAt < moment }.map(\.job)
            let sorted = found.sorted { $0.id.text < $1.id.text }
            return Array(sorted.filter { job in cursor.map { job.id.text > $0.text } ?? true }.prefix(limit))
        }
    }

    package func reserve(_ key: IdempotencyKey, for id: String, at now: Timestamp) async throws -> Reservation {
        try access { state in
            let name = "\(key.tenant) \(key.scope) \(key.key)"
            guard let earlier = state.keys[name] else {
                state.keys[name] = (id, key.requestHash)
                return .reserved
            }
            guard earlier.hash == key.requestHash else { return .conflict }
            return earlier.id == id ? .reserved : .replay(of: earlier.id)
        }
    }

    package func move(_ key: IdempotencyKey, from earlier: String, to id: String) async throws -> Bool {
        try access { state in
            let name = "\(key.tenant) \(key.scope) \(key.key)"
            guard let kept = state.keys[name], kept.id == earlier else { return false }
            state.keys[name] = (id, kept.hash)
            return true
        }
    }

    /// Everything under the tenant's name as key, whatever the grouping: enough to see who is asked for.
    package func costs(of tenant: TenantID?, since: Timestamp?, until: Timestamp?, by grouping: CostGrouping)
        async throws
        -> [CostLine]
    {
        try access { state in state.costs.filter { tenant == nil || $0.key == tenant?.text } }
    }

    // MARK: Batches

    package func insert(_ batch: BatchRecord) async throws {
        try access { state in if state.batches[batch.id] == nil { state.batches[batch.id] = batch } }
    }

    package func batch(_ id: BatchID) async throws -> BatchRecord? { try access { $0.batches[id] } }

    package func replace(_ batch: BatchRecord) async throws -> BatchRecord? {
        try access { state in
            if state.conflictsToCome > 0 {
                state.conflictsToCome -= 1
                state.batches[batch.id]?.version += 1
            }
            guard let earlier = state.batches[batch.id], earlier.version == batch.version else { return nil }
            if !earlier.state.isTerminal, let event = WebhookEvent(batch) { state.events.append(event) }
            var stored = batch
            stored.version += 1
            state.batches[batch.id] = stored
            return stored
        }
    }

    package func batches(of tenant: TenantID, after cursor: BatchID?, limit: Int) async throws -> [BatchRecord] {
        try access { state in
            let found = state.batches.values.filter { $0.tenant == tenant }.sorted { $0.id.text > $1.id.text }
            return Array(found.filter { batch in cursor.map { batch.id.text < $0.text } ?? true }.prefix(limit))
        }
    }

    package func unfinishedBatches() async throws -> [BatchRecord] {
        try access { state in state.batches.values.filter { !$0.state.isTerminal } }
    }

    package func finishedLines(of batch: BatchID, in lines: ClosedRange<Int>) async throws -> Set<Int> {
        try access { state in
            Set(
                state.rows.values.compactMap(\.line).filter { $0.batch == batch && lines.contains($0.number) }.map(
                    \.number
                )
            )
        }
    }

    package func counts(of batch: BatchID) async throws -> BatchCounts { try await summary(of: batch).counts }

    package func summary(of batch: BatchID) async throws -> BatchSummary {
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

    package func rows(of batch: BatchID, _ kind: RowKind, afterLine line: Int, _ bounds: PageBounds) async throws
        -> [TerminalRow]
    {
        try access { state in
            let rows = state.rows.values.filter { $0.line?.batch == batch && $0.kind == kind }
            let sorted = rows.sorted { ($0.line?.number ?? 0) < ($1.line?.number ?? 0) }
            return bounds.cut(sorted.filter { ($0.line?.number ?? 0) > line })
        }
    }

    package func outputBytes(of batch: BatchID, _ kind: RowKind) async throws -> Int64 {
        try access { state in
            let rows = state.rows.values.filter { $0.line?.batch == batch && $0.kind == kind }
            return Int64(rows.reduce(0) { $0 + ($1.result?.outputLine().count ?? 0) + 1 })
        }
    }

    // MARK: Files

    package func appendChunk(_ bytes: [UInt8], number: Int, of file: FileID, at now: Timestamp) async throws {
        try access { state in
            precondition(state.chunks[file, default: []].count == number, "chunks come in order")
            state.chunks[file, default: []].append(bytes)
            state.largestChunk = max(state.largestChunk, bytes.count)
        }
    }

    package func insert(_ file: FileRecord) async throws {
        // As in the ledgers, a file that is there stays as it is.
        let isNew = try access { state in
            if state.files[file.id] != nil { return false }
            state.files[file.id] = file
            return true
        }
        if isNew { journal.note("insert file \(file.id)") }
    }

    package func file(_ id: FileID) async throws -> FileRecord? { try access { $0.files[id] } }

    package func files(of tenant: TenantID, purpose: FilePurpose?, after cursor: FileID?, newestFirst: Bool, limit: Int)
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

    package func chunk(_ number: Int, of file: FileID) async throws -> [UInt8]? {
        try access { state in
            let chunks = state.chunks[file] ?? []
            return chunks.indices.contains(number) ? chunks[number] : nil
        }
    }

    package func delete(_ file: FileID) async throws -> Bool {
        try access { state in
            state.chunks[file] = nil
            return state.files.removeValue(forKey: file) != nil
        }
    }

    package func deleteAbandonedChunks(before moment: Timestamp) async throws -> Int { 0 }

    // MARK: Tenants

    package func put(_ tenant: TenantRecord) async throws { try access { $0.tenants[tenant.id] = tenant } }

    package func tenant(_ id: TenantID) async throws -> TenantRecord? { try access { $0.tenants[id] } }

    package func tenants() async throws -> [TenantRecord] {
        try access { $0.tenants.values.sorted { $0.id.text < $1.id.text } }
    }

    package func insert(_ key: APIKeyRecord) async throws { try access { $0.apiKeys.append(key) } }

    package func apiKey(hash: String) async throws -> APIKeyRecord? {
        try access { state in
            state.apiKeyLookups += 1
            return state.apiKeys.first { $0.hash == hash }
        }
    }

    package func apiKeys(of tenant: TenantID?) async throws -> [APIKeyRecord] {
        try access { state in state.apiKeys.filter { tenant == nil || $0.tenant == tenant } }
    }

    package func revokeAPIKey(_ id: String, at now: Timestamp) async throws -> Bool {
        try access { state in
            guard let place = state.apiKeys.firstIndex(where: { $0.id == id }) else { return false }
            state.apiKeys[place].revokedAt = now
            return true
        }
    }
}

extension InMemoryLedger.State {
    /// One row per attempt; `unknown` never replaces what is known.
    mutating func put(_ attempt: AttemptRow) {
        guard let place = attempts.firstIndex(where: { $0.id == attempt.id }) else { return attempts.append(attempt) }
        if attempts[place].outcome == .unknown { attempts[place] = attempt }
    }
}
