package import Penstock

/// A creation and what became of it.
package struct ClaimedCreation: Sendable {
    package var creation: Creation
    package var claims = 0
    package var isAnswered = false

    /// The highest is given first.
    var rank: (Int, Int, Timestamp, String) { (isAnswered ? 0 : 1, claims, creation.at, creation.id) }
}

extension InMemoryLedger {
    package func begin(_ creation: Creation) async throws {
        let delay = try access { $0.creationDelay }
        try await Task.sleep(for: delay)
        try access { state in
            if !state.creations.contains(where: { $0.creation.id == creation.id }) {
                state.creations.append(ClaimedCreation(creation: creation))
            }
        }
    }

    package func answered(_ creation: Creation) async throws {
        try access { state in
            for index in state.creations.indices where state.creations[index].creation.id == creation.id {
                state.creations[index].isAnswered = true
            }
        }
    }

    package func forget(_ creation: Creation) async throws {
        try access { state in state.creations.removeAll { $0.creation.id == creation.id } }
    }

    package func claim(_ content: CreationContent, repetition number: Int, since moment: Timestamp) async throws
        -> Creation?
    {
        try access { state in
            let meant = state.creations.indices.filter {
                let each = state.creations[$0]
                return each.creation.content == content && each.creation.at >= moment && each.claims < number
            }
            let first = meant.max { state.creations[$0].rank < state.creations[$1].rank }
            guard let index = first else { return nil }
            state.creations[index].claims += 1
            return state.creations[index].creation
        }
    }

    package func forgetCreations(before moment: Timestamp) async throws -> Int {
        try access { state in
            let all = state.creations.count
            state.creations.removeAll { $0.creation.at < moment }
            return all - state.creations.count
        }
    }
}
