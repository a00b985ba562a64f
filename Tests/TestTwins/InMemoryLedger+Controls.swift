package import Penstock

extension InMemoryLedger {
    package func pauses() async throws -> [Pause] { try access { $0.pauses } }

    package func put(_ pause: Pause) async throws {
        try access { state in
            state.pauses.removeAll { $0.subject == pause.subject }
            state.pauses.append(pause)
        }
    }

    package func removePause(of subject: PauseSubject) async throws -> Bool {
        try access { state in
            let count = state.pauses.count
            state.pauses.removeAll { $0.subject == subject }
            return state.pauses.count < count
        }
    }
}
