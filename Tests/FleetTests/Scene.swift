import CoreMetrics
import Glibc
import Logging
import ServiceLifecycle
import TestSupport

@testable import Fleet

/// A directory in which shell scripts leave notes, one per line, and the children that do so.
struct Scene {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// A child that runs a script; `note TEXT` in it leaves a note.
    func child(_ name: String, stopOrder: Int = 0, grace: Duration = .seconds(20), _ script: String)
        -> ChildSpecification
    {
        let prelude = #"note() { echo "$1" >> "$NOTES"; }; "#
        return ChildSpecification(
            name: name,
            executable: "/bin/sh",
            arguments: ["-c", prelude + script],
            environment: ["NOTES": directory.file("notes")],
            stopOrder: stopOrder,
            grace: grace
        )
    }

    /// Runs a supervisor for the time of `body`, then shuts it down gracefully.
    func supervise(
        _ children: [ChildSpecification],
        workers: ScaledWorkers? = nil,
        policy: RestartPolicy = RestartPolicy(),
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        _ body: () async throws -> Void
    ) async throws {
        let logger = Logger(label: "supervisor", factory: { _ in SwiftLogNoOpLogHandler() })
        var children = children
        for place in children.indices { children[place].restarts = policy }
        let services = ServiceGroup(
            services: [Supervisor(children, workers: workers, metrics: metrics, logger: logger)],
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            try await body()
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }

    var notes: [String] { lines("notes") }

    /// The lines of a file in the directory; none if it is not there.
    func lines(_ name: String) -> [String] {
        String(decoding: bytes(name), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// What is in a file in the directory; nothing if it is not there.
    func bytes(_ name: String) -> [UInt8] {
        guard let file = fopen(directory.file(name), "r") else { return [] }
        defer { fclose(file) }
        var found: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { found += buffer.prefix(count) }
        return found
    }

    /// Writes a file in the directory.
    func write(_ name: String, _ bytes: [UInt8]) {
        guard let file = fopen(directory.file(name), "w") else { return }
        defer { fclose(file) }
        fwrite(bytes, 1, bytes.count, file)
    }

    /// Waits until the notes are as wanted; the test's time limit is the only bound.
    func until(_ isWanted: ([String]) -> Bool) async throws {
        while !isWanted(notes) { try await Task.sleep(for: .milliseconds(5)) }
    }
}

/// Whether a process with this id exists, even as a zombie.
func exists(_ pid: pid_t) -> Bool { kill(pid, 0) == 0 }
