import Glibc
import TestSupport

/// Which cores a scenario runs on whose figure is a time: Redis has the last one to itself, as in production, and
/// everything else shares the others. Without that, two processes that take turns on a core are what is measured.
enum Cores {
    private static let count = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    private static var others: String { count > 2 ? "0-\(count - 2)" : "0" }

    /// Arguments of `redis-server`; its background threads are not on its core.
    static var redis: [String] {
        count > 1 ? ["--server_cpulist", "\(count - 1)", "--bio_cpulist", others] : []
    }

    /// Runs `body` with this process on the other cores.
    static func sharing<Value>(_ body: () async throws -> Value) async throws -> Value {
        guard count > 1 else { return try await body() }
        try await pin(others)
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try await pin("0-\(count - 1)")
        return try result.get()
    }

    private static func pin(_ list: String) async throws {
        let status = try await ChildProcess("taskset", ["-acp", list, "\(getpid())"]).wait()
        guard status == .exited(0) else { throw BenchError("taskset: \(status)") }
    }
}
