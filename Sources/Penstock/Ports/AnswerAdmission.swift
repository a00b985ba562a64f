/// Asked by a ledger before it reads answers of jobs: only it knows how large they are, and only its caller what its
/// process may hold.
package struct AnswerAdmission: Sendable {
    /// Up to this many bytes nobody is asked.
    package static let unasked = 64 << 10
    /// Lets everything be read.
    package static let all = AnswerAdmission(ask: nil)

    private let ask: (@Sendable (Int) throws -> Void)?

    private init(ask: (@Sendable (Int) throws -> Void)?) {
        self.ask = ask
    }

    /// - Parameter ask: is told the bytes of the answers; throws where they are too many now.
    package init(_ ask: @escaping @Sendable (Int) throws -> Void) {
        self.init(ask: ask)
    }

    /// Whether anybody wants to know how large answers are.
    package var isAsked: Bool { ask != nil }

    /// - Throws: `AnswersNotAdmitted`.
    package func admit(_ bytes: Int) throws {
        guard bytes > Self.unasked, let ask else { return }
        do { try ask(bytes) } catch { throw AnswersNotAdmitted(reason: error) }
    }
}

/// Answers are not read: they are too many bytes now.
package struct AnswersNotAdmitted: Error {
    /// What their reader said.
    package let reason: any Error
}
