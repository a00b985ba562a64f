/// Creations whose answers may not have reached their callers. SDKs repeat such a request without an idempotency key: the
/// repetition is told what the first one made, while two intended requests with the same content stay two.
package protocol CreationLedger: Sendable {
    /// Notes what is about to be made; again changes nothing.
    func begin(_ creation: Creation) async throws

    /// Forgets a creation whose answer went out.
    func answered(_ creation: Creation) async throws

    /// A creation with this content that was not answered; asked again, another one as long as there are several.
    ///
    /// - Parameter moment: older ones are nobody's any more.
    func unanswered(_ content: CreationContent, since moment: Timestamp) async throws -> Creation?

    /// - Returns: how many were forgotten.
    func forgetCreations(before moment: Timestamp) async throws -> Int
}

/// What a creating request says, as far as it takes to know it again.
package struct CreationContent: Sendable, Hashable {
    package var tenant: TenantID
    /// What kind of thing is created: `job`, `batch`, `file`, …
    package var scope: String
    /// SHA-256 of the request, hexadecimal.
    package var hash: String

    package init(tenant: TenantID, scope: String, hash: String) {
        self.tenant = tenant
        self.scope = scope
        self.hash = hash
    }
}

/// One thing that a request creates.
package struct Creation: Sendable, Hashable {
    package var content: CreationContent
    /// The thing's id, which need not exist yet.
    package var id: String
    package var at: Timestamp

    package init(content: CreationContent, id: String, at: Timestamp) {
        self.content = content
        self.id = id
        self.at = at
    }
}
