/// A file as callers see it. Uploads have chunks; a batch's output and error files are views of its rows.
package struct FileRecord: Sendable, Equatable {
    package var id: FileID
    package var tenant: TenantID
    package var filename: String
    package var purpose: FilePurpose
    package var bytes: Int64
    package var createdAt: Timestamp
    package var expiresAt: Timestamp?
    package var content: FileContent

    package init(
        id: FileID,
        tenant: TenantID,
        filename: String,
        purpose: FilePurpose,
        bytes: Int64,
        createdAt: Timestamp,
        expiresAt: Timestamp?,
        content: FileContent
    ) {
        self.id = id
        self.tenant = tenant
        self.filename = filename
        self.purpose = purpose
        self.bytes = bytes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.content = content
    }

    /// Whether its own time is over: it is then as good as gone.
    package func isExpired(at now: Timestamp) -> Bool { expiresAt.map { now >= $0 } ?? false }
}

/// What a file is for.
package enum FilePurpose: String, Sendable, CaseIterable {
    case batch
    case batchOutput = "batch_output"
}

/// Where a file's bytes come from.
package enum FileContent: Sendable, Equatable {
    /// Chunks in the ledger, numbered from 0.
    case chunks
    /// The rows of a batch: those that succeeded, or those that did not.
    case rows(of: BatchID, RowKind)
}

/// Which of a batch's rows a file shows.
package enum RowKind: String, Sendable, CaseIterable {
    case output, errors
}

extension FileRecord {
    /// The file that shows rows of a batch.
    ///
    /// - Parameter expiresAt: nil while the batch still grows.
    package init(_ kind: RowKind, of batch: BatchRecord, bytes: Int64, createdAt: Timestamp, expiresAt: Timestamp?) {
        self.init(
            id: FileID(kind, of: batch.id),
            tenant: batch.tenant,
            filename: "\(batch.id)_\(kind.rawValue).jsonl",
            purpose: .batchOutput,
            bytes: bytes,
            createdAt: createdAt,
            expiresAt: expiresAt,
            content: .rows(of: batch.id, kind)
        )
    }
}
