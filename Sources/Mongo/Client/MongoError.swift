/// Why an operation on MongoDB failed. Texts name servers and reasons, never credentials and never stored values.
package struct MongoError: Error, Sendable, CustomStringConvertible {
    /// What a caller can do about it.
    package enum Kind: Sendable, Equatable {
        /// No server can be reached, or the connection broke.
        case unavailable
        /// The server did not answer, or not in the time it was given.
        case timeout
        /// The server is not the primary, or no longer.
        case notPrimary
        /// A unique index has the key already.
        case duplicateKey
        /// Wrong credentials, or a user without the right.
        case authentication
        /// A document or a command is larger than the server takes.
        case tooLarge
        /// The URI or another setting is wrong.
        case invalid
        /// The client was closed.
        case closed
        /// Anything else that the server refuses.
        case server
    }

    package let kind: Kind
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
