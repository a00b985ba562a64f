import HTTPTypes
import Penstock

/// Under which id a creating request creates, so that a request that comes twice creates once: by its caller's
/// idempotency key, or by the mark that SDKs put on a request that they repeat.
struct Creations: Sendable {
    /// How long a repetition may come after the request that was not answered.
    private static let memory = Duration.seconds(600)

    let ledger: any Ledger
    let clock: WallClock

    /// Where a request creates.
    struct Place: Equatable {
        var id: String
        /// Whether an earlier request may have created it already.
        var mayExist: Bool
    }

    /// - Parameters:
    ///   - scope: what kind of thing is created.
    ///   - key: the caller's idempotency key.
    ///   - fresh: the id that a request gets which nothing came before.
    ///   - hash: of the request's content.
    /// - Throws: 409 when the key was used for another request.
    func place(
        _ scope: String,
        key: String?,
        headers: HTTPFields,
        of tenant: TenantID,
        fresh: String,
        hash: @autoclosure () -> String,
        exchange: Exchange
    ) async throws -> Place {
        if let key {
            let key = IdempotencyKey(tenant: tenant, scope: scope, key: key, requestHash: hash())
            let earlier = try await ledger.reserved(key, for: fresh, at: clock.now())
            return Place(id: earlier ?? fresh, mayExist: earlier != nil)
        }
        guard let repetition = RepetitionHeader.read(headers) else { return Place(id: fresh, mayExist: false) }
        let content = CreationContent(tenant: tenant, scope: scope, hash: hash())
        return try await place(content, isRepeated: repetition > 0, fresh: fresh, exchange)
    }

    private func place(_ content: CreationContent, isRepeated: Bool, fresh: String, _ exchange: Exchange) async throws
        -> Place
    {
        let now = clock.now()
        if isRepeated, let earlier = try await ledger.unanswered(content, since: now.adding(.zero - Self.memory)) {
            forget(earlier, after: exchange)
            return Place(id: earlier.id, mayExist: true)
        }
        let creation = Creation(content: content, id: fresh, at: now)
        try await ledger.begin(creation)
        forget(creation, after: exchange)
        return Place(id: fresh, mayExist: false)
    }

    /// What the caller was told is not told again to a request that only looks the same.
    private func forget(_ creation: Creation, after exchange: Exchange) {
        exchange.whenAnswered { try await ledger.answered(creation) }
    }
}

extension JobLedger {
    /// Reserves a key for an id.
    ///
    /// - Returns: the id it was reserved for before; nil when it was free.
    /// - Throws: 409 when it was used for another request.
    func reserved(_ key: IdempotencyKey, for id: String, at now: Timestamp) async throws -> String? {
        switch try await reserve(key, for: id, at: now) {
        case .reserved: return nil
        case .replay(let earlier): return earlier
        case .conflict: throw APIError.idempotencyConflict
        }
    }
}
