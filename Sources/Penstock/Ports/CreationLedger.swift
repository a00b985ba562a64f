/// Creations whose answers may not have reached their callers. SDKs repeat such a request without an idempotency key: the
/// repetition is told what the first one made, while two intended requests with the same content stay two.
package protocol CreationLedger: Sendable {
    /// Notes what is about to be made; again changes nothing.
    func begin(_ creation: Creation) async throws

    /// Notes that its answer went out, which may have been lost on its way.
    func answered(_ creation: Creation) async throws

    /// Gives a repetition the creation of the request that it repeats, as far as that can be told: one with its content
    /// that fewer repetitions have claimed than its sender has sent. Among several one that was not answered, then the
    /// one that most have claimed (its own earlier repetitions), then the youngest. It is claimed once more thereby, so
    /// that repetitions of equal requests get one each.
    ///
    /// - Parameters:
    ///   - number: how often the request was sent before, from 1.
    ///   - moment: older ones are nobody's any more.
    /// - Returns: nil when there is none.
    func claim(_ content: CreationContent, repetition number: Int, since moment: Timestamp) async throws -> Creation?

    /// Removes one under whose id nothing was made.
    func forget(_ creation: Creation) async throws

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
    /// How long after a request its repetitions may come: no SDK waits longer for an answer.
    package static let lifetime = Duration.seconds(600)

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
