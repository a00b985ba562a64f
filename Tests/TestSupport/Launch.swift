import Glibc
import Synchronization

/// The thread behind one child process: starts it, waits for it, reaps it.
final class Launch: Sendable {
    private struct State {
        var started: Result<pid_t, TestSupportError>?
        var ended: ExitStatus?
    }

    private let command: [String]
    private let environment: [String: String]
    private let output: String
    private let state = Mutex(State())

    init(command: [String], environment: [String: String], output: String) {
        self.command = command
        self.environment = environment
        self.output = output
    }

    /// Returns the process id as soon as the process exists.
    func start() throws -> pid_t {
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Launch>.fromOpaque(context).takeRetainedValue().runThread()
                return nil
            },
            Unmanaged.passRetained(self).toOpaque()
        )
        guard code == 0 else { throw TestSupportError("no thread: \(code)") }
        pthread_detach(thread)
        while true {
            if let started = state.withLock({ $0.started }) { return try started.get() }
            usleep(200)
        }
    }

    /// How the process ended; `nil` while it runs.
    var exitStatus: ExitStatus? { state.withLock { $0.ended } }

    /// Sends a signal, unless the process has ended.
    func signal(_ number: Int32) {
        state.withLock { state in
            guard state.ended == nil, case .success(let pid) = state.started else { return }
            kill(pid, number)
        }
    }

    private func runThread() {
        let started = spawn()
        state.withLock { $0.started = started }
        guard case .success(let pid) = started else { return }
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        // Reaped under the lock, so that nobody can signal a process id that has been given away.
        state.withLock { state in
            var waitStatus: Int32 = 0
            while waitpid(pid, &waitStatus, 0) < 0, errno == EINTR {}
            state.ended = ExitStatus(waitStatus: waitStatus)
        }
    }

    private func spawn() -> Result<pid_t, TestSupportError> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        Self.unblockSignals(&attributes)
        var pid: pid_t = 0
        let code = withCStrings(command) { arguments in
            withCStrings(childEnvironment()) { posix_spawnp(&pid, command[0], &actions, &attributes, arguments, $0) }
        }
        return code == 0 ? .success(pid) : .failure(TestSupportError("cannot start \(command): error \(code)"))
    }

    /// Threads of a pool block signals, which a child would inherit: it would not hear SIGTERM.
    private static func unblockSignals(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    }

    private func childEnvironment() -> [String] {
        var variables: [String] = []
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            let name = text.prefix { $0 != "=" }
            if environment[String(name)] == nil { variables.append(text) }
            next += 1
        }
        return variables + environment.map { "\($0)=\($1)" }
    }
}

private func withCStrings<Result>(
    _ strings: [String],
    _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers)
}
