import ServiceLifecycle

/// What a long answer depends on: a caller that is there, a key that is still good, a server that goes on.
struct Attendance: Sendable {
    /// How often a key is looked at while nothing else happens. With `keyAge` it makes the delay of a revocation.
    private static let keyInterval = Duration.seconds(1)
    /// A key is believed so long without asking the ledger, if `intake.key_cache_seconds` is not less.
    static let keyAge = Duration.seconds(3)

    let presence: CallerPresence
    /// Whether the key that opened it is still good.
    let isKeyGood: @Sendable () async throws -> Bool

    /// Nobody is to be told more: the caller went, or the server shuts down.
    var isOver: Bool { presence.hasLeft || Task.isShuttingDownGracefully }

    /// - Throws: 401 when the key was revoked meanwhile.
    func checkKey() async throws {
        guard try await isKeyGood() else { throw APIError.invalidKey }
    }

    /// Waits for `operation`, but no longer than there is somebody to wait for. What comes of the wait is looked at
    /// afterwards.
    func wait(_ operation: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await operation() }
            group.addTask { await presence.untilLeft() }
            group.addTask { try await untilKeyIsBad() }
            group.addTask { try await gracefulShutdown() }
            defer { group.cancelAll() }
            try await group.next()
        }
        try Task.checkCancellation()
    }

    private func untilKeyIsBad() async throws {
        while try await isKeyGood() { try await Task.sleep(for: Self.keyInterval) }
    }
}
