import Penstock
import Redis
import Synchronization

/// Waits for work on a connection of its own, since waiting blocks it.
final class Doorbell: Sendable {
    private let client: RedisClient
    private let key: String
    private let connection = Mutex<RedisConnection?>(nil)

    init(client: RedisClient, key: String) {
        self.client = client
        self.key = key
    }

    /// Returns when the bell rang or `timeout` is over. One caller at a time.
    func wait(_ timeout: Duration) async throws(RedisError) {
        let connection = try await open()
        let seconds = max(0.01, timeout.inSeconds)
        do {
            _ = try await connection.send("BLPOP", key, "\(seconds)", timeout: timeout + .seconds(5))
        } catch {
            close()
            throw error
        }
    }

    func close() {
        let open = connection.withLock { connection in
            defer { connection = nil }
            return connection
        }
        open?.close()
    }

    private func open() async throws(RedisError) -> RedisConnection {
        if let open = connection.withLock({ $0 }) { return open }
        let fresh = try await client.makeConnection()
        connection.withLock { $0 = fresh }
        return fresh
    }
}
