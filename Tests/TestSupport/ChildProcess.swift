package import Glibc

/// How a process ended.
package enum ExitStatus: Sendable, Equatable {
    case exited(Int32)
    case signalled(Int32)

    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .signalled(signal)
    }
}

/// Something that the test machinery itself could not do.
package struct TestSupportError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// A child process that cannot outlive the test process, not even when that is killed.
///
/// Each child has a thread that starts it, waits for it and reaps it: the kernel's parent-death signal is tied to the
/// starting *thread*, so a thread of a pool that retires would take the child with it.
package final class ChildProcess: Sendable {
    package let pid: pid_t
    private let launch: Launch

    /// Starts `executable`, looked up in `PATH`, with standard output and error going to the file `output`.
    ///
    /// - Parameter environment: Variables added to or replacing those of this process.
    package init(
        _ executable: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        output: String = "/dev/null"
    ) throws {
        let command = ["setpriv", "--pdeathsig", "KILL", executable] + arguments
        self.launch = Launch(command: command, environment: environment, output: output)
        self.pid = try launch.start()
    }

    /// How it ended; `nil` while it runs.
    package var exitStatus: ExitStatus? { launch.exitStatus }

    /// Sends a signal, unless the process has ended.
    package func signal(_ number: Int32) { launch.signal(number) }

    /// Waits for the end.
    ///
    /// - Throws: `TestSupportError` when it still runs after `limit`.
    @discardableResult
    package func wait(atMost limit: Duration = .seconds(20)) async throws -> ExitStatus {
        let deadline = ContinuousClock.now + limit
        while true {
            if let exitStatus { return exitStatus }
            guard ContinuousClock.now < deadline else { throw TestSupportError("process \(pid) did not end") }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Asks it to end, and kills it if it does not.
    @discardableResult
    package func terminate(within limit: Duration = .seconds(10)) async throws -> ExitStatus {
        signal(SIGTERM)
        if let status = try? await wait(atMost: limit) { return status }
        signal(SIGKILL)
        return try await wait()
    }

    /// Runs a program to its end.
    ///
    /// - Throws: `TestSupportError` when it does not exit with 0.
    package static func run(_ executable: String, _ arguments: [String]) async throws {
        let status = try await ChildProcess(executable, arguments).wait()
        guard status == .exited(0) else {
            throw TestSupportError("\(executable) \(arguments.joined(separator: " ")): \(status)")
        }
    }
}
