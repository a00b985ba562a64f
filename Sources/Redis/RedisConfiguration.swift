/// How to reach and use one Redis server. The password appears in no description, dump or error.
package struct RedisConfiguration: Sendable {
    /// Host name or address, IPv6 without brackets.
    package var host: String
    package var port: Int
    /// `nil` for plain TCP.
    package var tls: RedisTLS?
    /// ACL user; `nil` is the server's default user.
    package var username: String?
    package var password: String?
    /// Number of the logical database.
    package var database: Int
    /// Name shown by `CLIENT LIST`.
    package var clientName: String?
    /// For TCP, TLS and the first commands together.
    package var connectTimeout: Duration = .seconds(5)
    /// For a command from call to reply, waiting for a connection included, unless the call gives its own.
    package var commandTimeout: Duration = .seconds(5)
    /// A connection on which nothing arrived for this long is asked with `PING`, and given up after as long again.
    package var keepAliveInterval: Duration = .seconds(10)
    package var backoff = RedisBackoff()
    /// Commands that may wait while there is no connection; above it they are refused.
    package var maximumWaitingCommands = 65_536

    /// Plain TCP to `host`, no credentials, database 0.
    package init(host: String, port: Int = 6379) {
        self.host = host
        self.port = port
        self.database = 0
    }

    /// Reads `redis://[[user]:password@]host[:port][/database]`; `rediss://` is the same over TLS. User, password and
    /// host are percent-decoded. Queries and fragments are refused, since options are set on the value itself.
    ///
    /// - Throws: `.invalidConfiguration`, naming the part but never quoting the URL.
    package init(url: String) throws(RedisError) {
        let parts = try RedisURL(url)
        self.init(host: parts.host, port: parts.port)
        tls = parts.isSecure ? RedisTLS() : nil
        username = parts.username
        password = parts.password
        database = parts.database
    }
}

/// TLS towards the server. Paths name PEM files.
package struct RedisTLS: Sendable {
    /// What is checked of the server's certificate.
    package enum Verification: Sendable {
        /// Chain and host name.
        case full
        /// The chain only, for servers addressed by a name that they have no certificate for.
        case chainOnly
        /// Nothing: anyone can pose as the server.
        case none
    }

    package var verification = Verification.full
    /// Trusted certificates; `nil` trusts the system's.
    package var caFile: String?
    /// The client's certificate chain; needs `privateKeyFile`.
    package var certificateFile: String?
    package var privateKeyFile: String?

    package init(caFile: String? = nil) {
        self.caFile = caFile
    }
}

/// Waiting time between attempts to connect: exponential, with full jitter so that a fleet does not return at once.
package struct RedisBackoff: Sendable {
    /// Upper bound of the first wait.
    package var initial: Duration = .milliseconds(50)
    /// Upper bound of every wait; also how long a connection must last before the next wait starts at `initial` again.
    package var maximum: Duration = .seconds(2)

    package init() {}

    /// The wait before attempt number `attempt`, from 0; `random` in 0..<1 places it between nothing and the bound.
    func delay(attempt: Int, random: Double) -> Duration {
        let doublings = min(attempt, 30)
        let bound = min(initial * (1 << doublings), maximum)
        return bound * random
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Scheme, user, host, port and database.
    package var description: String {
        let scheme = tls == nil ? "redis" : "rediss"
        let credentials = password == nil ? "" : "\(username ?? ""):***@"
        return "\(scheme)://\(credentials)\(address)/\(database)"
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }

    /// `host:port`, for logs.
    var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
