import GRDB
import Penstock

/// The versions of a database's tables. A version, once released, is never edited; changes are appended.
struct Schema: Sendable {
    /// The SQL that leads from version N to version N + 1.
    let steps: [String]

    /// Brings the tables to the newest version. Safe when several processes do so at once: each decides inside an
    /// immediate transaction.
    ///
    /// - Throws: `LedgerUnavailable` when the database is newer than this program.
    func migrate(_ db: Database, file: String) throws {
        try db.inTransaction(.immediate) {
            let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            guard version <= steps.count else {
                throw LedgerUnavailable(
                    "\(file) was made by a newer version of Penstock: its tables have version \(version), "
                        + "this program knows versions up to \(steps.count)"
                )
            }
            for step in steps[version...] { try db.execute(sql: step) }
            if version < steps.count { try db.execute(sql: "PRAGMA user_version = \(steps.count)") }
            return .commit
        }
    }
}

extension Schema {
    /// `ledger.sqlite`; columns and indexes are explained in `ops/ledger.md`.
    static let records = Schema(steps: [
        """
        CREATE TABLE jobs (
          id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, class TEXT NOT NULL, endpoint TEXT NOT NULL,
          model TEXT NOT NULL, batch TEXT, line INTEGER, custom_id TEXT, feature TEXT, customer TEXT,
          metadata BLOB NOT NULL, created_ms INTEGER NOT NULL, deadline_ms INTEGER NOT NULL,
          state TEXT NOT NULL, finished_ms INTEGER NOT NULL, attempts INTEGER NOT NULL,
          status INTEGER, request_id TEXT, error_class TEXT, error_message TEXT, output_bytes INTEGER, response BLOB
        ) STRICT;
        CREATE INDEX jobs_by_line ON jobs (batch, line, state, output_bytes) WHERE batch IS NOT NULL;
        CREATE INDEX jobs_by_tenant ON jobs (tenant, created_ms, id, state) WHERE batch IS NULL;

        CREATE TABLE attempts (
          id TEXT NOT NULL, job TEXT NOT NULL, batch TEXT, tenant TEXT NOT NULL, feature TEXT, customer TEXT,
          pool TEXT NOT NULL, target TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
          started_ms INTEGER NOT NULL, duration_ms INTEGER NOT NULL, outcome TEXT NOT NULL, status INTEGER,
          input_tokens INTEGER, cached_tokens INTEGER, output_tokens INTEGER, reasoning_tokens INTEGER,
          cost_nano INTEGER, price_version TEXT NOT NULL, PRIMARY KEY (job, id)
        ) STRICT;
        CREATE INDEX attempts_by_tenant ON attempts (tenant, started_ms);

        CREATE TABLE accepted (
          id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, class TEXT NOT NULL, endpoint TEXT NOT NULL,
          model TEXT NOT NULL, batch TEXT, line INTEGER, custom_id TEXT, feature TEXT, customer TEXT,
          metadata BLOB NOT NULL, created_ms INTEGER NOT NULL, deadline_ms INTEGER NOT NULL,
          pool TEXT NOT NULL, durability TEXT NOT NULL, estimate_input INTEGER NOT NULL,
          estimate_output INTEGER NOT NULL, body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX accepted_by_pool ON accepted (pool, id, created_ms);

        CREATE TABLE batches (
          id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, state TEXT NOT NULL, version INTEGER NOT NULL,
          document TEXT NOT NULL
        ) STRICT;
        CREATE INDEX batches_by_tenant ON batches (tenant, id);
        CREATE INDEX batches_unfinished ON batches (id)
          WHERE state IN ('validating', 'in_progress', 'finalizing', 'cancelling');

        CREATE TABLE tenants (
          id TEXT NOT NULL PRIMARY KEY, weight INTEGER NOT NULL, max_running INTEGER, created_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE api_keys (
          id TEXT NOT NULL PRIMARY KEY, hash TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, name TEXT NOT NULL,
          classes TEXT NOT NULL, is_admin INTEGER NOT NULL, created_ms INTEGER NOT NULL, revoked_ms INTEGER
        ) STRICT;

        CREATE TABLE idempotency (
          tenant TEXT NOT NULL, scope TEXT NOT NULL, key TEXT NOT NULL, request_hash TEXT NOT NULL,
          id TEXT NOT NULL, created_ms INTEGER NOT NULL, PRIMARY KEY (tenant, scope, key)
        ) STRICT, WITHOUT ROWID;
        """,
        """
        ALTER TABLE accepted ADD COLUMN webhook_url TEXT;
        ALTER TABLE accepted ADD COLUMN webhook_secret TEXT;

        CREATE TABLE events (
          created_ms INTEGER NOT NULL, subject TEXT NOT NULL, type TEXT NOT NULL, tenant TEXT NOT NULL,
          webhook_url TEXT, webhook_secret TEXT, PRIMARY KEY (created_ms, subject)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE webhook_endpoints (
          id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, url TEXT NOT NULL,
          event_types TEXT NOT NULL, secret TEXT NOT NULL, previous_secret TEXT, previous_until_ms INTEGER,
          created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, disabled_ms INTEGER, version INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX webhook_endpoints_by_tenant ON webhook_endpoints (tenant, created_ms, id);

        CREATE TABLE deliveries (
          id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, type TEXT NOT NULL, endpoint TEXT, webhook_url TEXT,
          webhook_secret TEXT, destination TEXT NOT NULL, body BLOB NOT NULL, created_ms INTEGER NOT NULL,
          state TEXT NOT NULL, attempts INTEGER NOT NULL, due_ms INTEGER NOT NULL, last_attempt_ms INTEGER,
          last_status INTEGER, last_error TEXT, lease TEXT
        ) STRICT;
        CREATE INDEX deliveries_due ON deliveries (destination, due_ms, state) WHERE state = 'pending';
        """,
        "ALTER TABLE attempts ADD COLUMN cache_write_tokens INTEGER;",
        """
        ALTER TABLE tenants ADD COLUMN requests_per_minute INTEGER;
        ALTER TABLE tenants ADD COLUMN tokens_per_minute INTEGER;
        ALTER TABLE tenants ADD COLUMN max_jobs INTEGER;
        ALTER TABLE tenants ADD COLUMN max_bytes INTEGER;
        ALTER TABLE tenants ADD COLUMN max_tokens INTEGER;
        ALTER TABLE tenants ADD COLUMN is_paused INTEGER NOT NULL DEFAULT 0;

        CREATE TABLE pauses (
          kind TEXT NOT NULL, name TEXT NOT NULL, since_ms INTEGER NOT NULL, paused_by TEXT NOT NULL, reason TEXT,
          PRIMARY KEY (kind, name)
        ) STRICT, WITHOUT ROWID;
        """,
        """
        CREATE TABLE creations (
          tenant TEXT NOT NULL, scope TEXT NOT NULL, hash TEXT NOT NULL, id TEXT NOT NULL,
          created_ms INTEGER NOT NULL, claims INTEGER NOT NULL, PRIMARY KEY (tenant, scope, hash, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX creations_by_time ON creations (created_ms);
        """,
        """
        CREATE INDEX jobs_quarantined ON jobs (tenant, created_ms, id) WHERE error_class = 'penstock_poison';
        ALTER TABLE accepted ADD COLUMN is_quarantined INTEGER NOT NULL DEFAULT 0;
        DROP INDEX accepted_by_pool;
        CREATE INDEX accepted_by_pool ON accepted (pool, id, created_ms) WHERE is_quarantined = 0;
        """,
        """
        ALTER TABLE tenants ADD COLUMN retention_days INTEGER;
        ALTER TABLE batches ADD COLUMN dialect TEXT;
        CREATE INDEX batches_of_messages ON batches (tenant, id) WHERE dialect = 'anthropic';
        ALTER TABLE webhook_endpoints ADD COLUMN disabled_reason TEXT;
        ALTER TABLE webhook_endpoints ADD COLUMN failing_since_ms INTEGER;
        CREATE INDEX deliveries_by_tenant ON deliveries (tenant, created_ms, id);
        CREATE INDEX idempotency_by_time ON idempotency (created_ms);
        """,
        "ALTER TABLE creations ADD COLUMN is_answered INTEGER NOT NULL DEFAULT 0;",
        "ALTER TABLE accepted ADD COLUMN headers TEXT;",
    ])

    /// `files.sqlite`.
    static let files = Schema(steps: [
        """
        CREATE TABLE files (
          id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, filename TEXT NOT NULL, purpose TEXT NOT NULL,
          bytes INTEGER NOT NULL, created_ms INTEGER NOT NULL, expires_ms INTEGER, batch TEXT, kind TEXT
        ) STRICT;
        CREATE INDEX files_by_tenant ON files (tenant, created_ms, id);

        CREATE TABLE file_chunks (
          file TEXT NOT NULL, number INTEGER NOT NULL, created_ms INTEGER NOT NULL, bytes BLOB NOT NULL,
          PRIMARY KEY (file, number)
        ) STRICT;
        """,
        "CREATE INDEX files_expiring ON files (expires_ms) WHERE expires_ms IS NOT NULL;",
        "CREATE INDEX files_uploaded ON files (tenant, bytes) WHERE batch IS NULL;",
    ])
}
