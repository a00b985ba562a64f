/// An error reply, split at its first space.
package struct RedisServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The server's own code: `ERR`, `NOSCRIPT`, `OOM`, `WRONGPASS`, `LOADING`, `READONLY`, `BUSY`, `MISCONF`, …
    package let prefix: String
    /// What follows the code. May quote what the command contained.
    package let message: String

    package init(prefix: String, message: String) {
        self.prefix = prefix
        self.message = message
    }

    /// Splits a line as the server sends it, without the leading `-`.
    package init(line: String) {
        let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(prefix: String(parts[0]), message: parts.count > 1 ? String(parts[1]) : "")
    }

    package var description: String { message.isEmpty ? prefix : "\(prefix) \(message)" }
}

extension RedisServerError {
    /// Codes with which the server refuses a command before any part of it takes effect. `OOM`, `NOPERM` and `ERR`
    /// are not among them: a script may meet them halfway.
    private static let refusals: Set<String> = [
        "NOSCRIPT", "LOADING", "BUSY", "MASTERDOWN", "READONLY", "MISCONF", "NOREPLICAS", "NOAUTH", "WRONGPASS",
        "EXECABORT", "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN",
    ]

    /// Codes of a server that lives but will not serve at the moment; a connection that meets them is sound.
    private static let passing: Set<String> = ["LOADING", "BUSY", "MASTERDOWN", "MISCONF"]

    /// The command may have changed something before it failed.
    var mayHaveRun: Bool { !Self.refusals.contains(prefix) }

    /// The credentials are missing, wrong or locked.
    var isAuthenticationFailure: Bool { prefix == "WRONGPASS" || prefix == "NOAUTH" }

    /// The connection is usable although this command was refused.
    var leavesConnectionUsable: Bool { Self.passing.contains(prefix) || prefix == "NOPERM" }

    /// The server was demoted to a replica: only another connection can reach the new primary.
    var isDemotion: Bool { prefix == "READONLY" }
}
