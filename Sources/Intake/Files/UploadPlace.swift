import HTTPTypes
import Penstock

/// Makes one file of an upload that comes twice. A file is stored before its content, and so its request, is known: that
/// the key stands for a file does not mean that there is one.
struct UploadPlace: Sendable {
    private static let scope = "file"

    let creations: Creations
    /// The caller's idempotency key.
    let key: String?
    /// May mark the request as a repetition.
    let headers: HTTPFields
    let tenant: TenantID
    let exchange: Exchange

    /// - Returns: the file that an earlier request made; nil where this one is to make its own.
    /// - Throws: 409 when the key was used for other content.
    func earlier(than fresh: FileID, hash: String) async throws -> FileRecord? {
        guard let key = reservation(hash) else { return try await marked(fresh, hash) }
        while let id = try await reserved(key, for: fresh) {
            if let file = try await creations.ledger.file(FileID(id)) { return file }
            // The earlier request failed, or it is under way and will find that the key stands for this one.
            if try await creations.ledger.move(key, from: id, to: fresh.text) { return nil }
        }
        return nil
    }

    /// - Returns: the file that the key stands for by now, if it is not the one just made.
    func other(than made: FileID, hash: String) async throws -> FileRecord? {
        guard let key = reservation(hash), let id = try await reserved(key, for: made) else { return nil }
        return try await creations.ledger.file(FileID(id))
    }

    private func reservation(_ hash: String) -> IdempotencyKey? {
        key.map { IdempotencyKey(tenant: tenant, scope: Self.scope, key: $0, requestHash: hash) }
    }

    private func reserved(_ key: IdempotencyKey, for file: FileID) async throws -> String? {
        try await creations.reserved(key, for: file.text)
    }

    /// The file of a request that only its SDK's mark says to have come before.
    private func marked(_ fresh: FileID, _ hash: String) async throws -> FileRecord? {
        let place = try await creations.place(
            Self.scope,
            key: nil,
            headers: headers,
            of: tenant,
            fresh: fresh.text,
            hash: hash,
            exchange: exchange
        )
        guard place.mayExist else { return nil }
        if let file = try await creations.ledger.file(FileID(place.id)) { return file }
        // The earlier upload was refused or broke off, or its file was deleted.
        let content = CreationContent(tenant: tenant, scope: Self.scope, hash: hash)
        try await creations.move(place, of: content, to: fresh.text, exchange: exchange)
        return nil
    }
}
