package import Penstock

extension InMemoryLedger {
    package func begin(_ creation: Creation) async throws {
        let delay = try access { $0.creationDelay }
        try await Task.sleep(for: delay)
        try access { state in
            if !state.creations.contains(where: { $0.creation.id == creation.id }) {
                state.creations.append((creation, 0))
            }
        }
    }

    package func answered(_ creation: Creation) async throws {
        try access { state in state.creations.removeAll { $0.creation.id == creation.id } }
    }

    package func unanswered(_ content: CreationContent, since moment: Timestamp) async throws -> Creation? {
        try access { state in
            let meant = state.creations.indices.filter {
                state.creations[$0].creation.content == content && state.creations[$0].creation.at >= moment
            }
            guard let index = meant.min(by: { state.creations[$0].claims < state.creations[$1].claims }) else {
                return nil
            }
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
