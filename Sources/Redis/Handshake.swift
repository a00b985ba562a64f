/// The first commands on a connection, sent in one piece, and the judgement of their replies.
struct Handshake {
    private enum Step { case authenticate, select, name, ping }

    private let steps: [(step: Step, command: RedisCommand)]

    init(_ configuration: RedisConfiguration) {
        var steps: [(step: Step, command: RedisCommand)] = []
        if let password = configuration.password {
            let credentials = [configuration.username, password].compactMap { $0 }
            steps.append((.authenticate, RedisCommand("AUTH", arguments: credentials)))
        }
        if configuration.database != 0 {
            steps.append((.select, RedisCommand("SELECT", configuration.database)))
        }
        if let name = configuration.clientName {
            steps.append((.name, RedisCommand("CLIENT", "SETNAME", name)))
        }
        steps.append((.ping, RedisCommand("PING")))
        self.steps = steps
    }

    var commands: [RedisCommand] { steps.map(\.command) }

    /// Why the connection cannot be used, from the replies to `commands`; `nil` if it can.
    func failure(in replies: [RedisValue]) -> RedisError? {
        for ((step, _), reply) in zip(steps, replies) {
            if let error = reply.error, let failure = Self.failure(of: step, error) { return failure }
        }
        return nil
    }

    private static func failure(of step: Step, _ error: RedisServerError) -> RedisError? {
        // Sent in place of the first reply by a server that has no room for another client.
        let isFull = error.message == "max number of clients reached"
        if error.isAuthenticationFailure || step == .authenticate && !isFull {
            return RedisError(.authenticationFailed, error.description, serverError: error)
        }
        if step != .select, error.leavesConnectionUsable { return nil }
        return RedisError(.connectFailed, error.description, serverError: error)
    }
}
