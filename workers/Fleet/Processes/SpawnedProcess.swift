import Glibc
import Synchronization
import Threads

/// A child process and the lifeline to it: the write end of the pipe that is its standard input, which the kernel closes
/// when this process is gone, however it went.
struct SpawnedProcess: Sendable {
    let pid: pid_t
    let lifeline: CInt
    /// The read end of its standard output, where that is not shared with this process.
    let output: CInt?
    /// The read end of the pipe through which it says that it is ready.
    let readiness: CInt

    /// Programs are started one at a time: a pipe's ends must not be seen by another child that starts in between.
    private static let starting = Mutex(())

    /// Starts the program, in a process group of its own, so that a terminal's Ctrl-C reaches the supervisor alone, and
    /// with all signals as they are by default. Standard error is shared with this process, and standard output unless
    /// it is to be read.
    ///
    /// - Throws: when it cannot be started; a missing program is noticed here as well.
    static func start(_ child: ChildSpecification, readingOutput: Bool = false) throws(SystemCallError)
        -> SpawnedProcess
    {
        try starting.withLock { _ throws(SystemCallError) in
            let input = try Pipe()
            defer { close(input.read) }
            var toClose = [input.write]
            do throws(SystemCallError) {
                let ready = try Pipe()
                defer { close(ready.write) }
                toClose.append(ready.read)
                let output = readingOutput ? try Pipe() : nil
                defer { if let output { close(output.write) } }
                if let output { toClose.append(output.read) }
                let ends = ChildEnds(input: input.read, output: output?.write, readiness: ready.write)
                let pid = try spawn(child, ends)
                return SpawnedProcess(pid: pid, lifeline: input.write, output: output?.read, readiness: ready.read)
            } catch {
                for end in toClose { close(end) }
                throw error
            }
        }
    }

    /// Calls `onReady` from another thread when the process says that it is ready, and `onExit` when it has ended. It
    /// then still has to be reaped: until that its number belongs to nobody else, so that no signal can go astray.
    func watch(
        onReady: @escaping @Sendable () -> Void,
        onExit: @escaping @Sendable () -> Void
    ) throws(SystemCallError) {
        try OwnThread.start {
            if awaitReadiness() { onReady() }
            awaitEnd()
            onExit()
        }
    }

    /// Blocks until the process says that it is ready.
    ///
    /// - Returns: false when it will not say so any more. Whom it started itself may hold its end of the pipe, so that the
    ///   pipe alone does not tell.
    private func awaitReadiness() -> Bool {
        while true {
            var end = pollfd(fd: readiness, events: Int16(POLLIN), revents: 0)
            let count = poll(&end, 1, 100)
            if count > 0 {
                var byte = UInt8(0)
                return read(readiness, &byte, 1) == 1
            }
            if count == 0, hasEnded { return false }
        }
    }

    private var hasEnded: Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT | WNOHANG) != 0 || info._sifields._sigchld.si_pid != 0
    }

    /// Blocks until the process has ended; it then still has to be reaped.
    func awaitEnd() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }

    /// Takes the result of a process that has ended, or waits for that.
    func reap() -> ProcessExit {
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        for end in [lifeline, readiness, output].compactMap({ $0 }) { close(end) }
        return ProcessExit(waitStatus: status)
    }

    /// Asks it to finish what it has and end, however long that takes.
    func retire() {
        kill(pid, SIGUSR1)
    }

    /// Asks it to end.
    func terminate() {
        kill(pid, SIGTERM)
    }

    /// Ends it and whatever it started itself.
    func killGroup() {
        kill(-pid, SIGKILL)
    }

    /// The ends of pipes that a child gets.
    private struct ChildEnds {
        let input: CInt
        /// Nil shares this process' standard output.
        let output: CInt?
        let readiness: CInt
    }

    private static func spawn(_ child: ChildSpecification, _ ends: ChildEnds) throws(SystemCallError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends.input, STDIN_FILENO)
        if let output = ends.output { posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
        posix_spawn_file_actions_adddup2(&actions, ends.readiness, ReadySignal.descriptor)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        setSignalsAndGroup(&attributes)
        var pid: pid_t = 0
        let code = withCStrings([child.executable] + child.arguments) { arguments in
            withCStrings(ChildEnvironment.of(child)) { environment in
                posix_spawn(&pid, child.executable, &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw SystemCallError(call: "posix_spawn", code: code) }
        return pid
    }

    /// A program inherits ignored and blocked signals, and a supervisor has ignored the very ones that stop a child.
    private static func setSignalsAndGroup(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }
}

/// A pipe of the operating system.
private struct Pipe {
    let read: CInt
    let write: CInt

    /// Both ends close on exec: a sibling that held a write end would keep an orphan from noticing that it is one.
    init() throws(SystemCallError) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemCallError(call: "pipe", code: errno) }
        // Swift does not see `pipe2`.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (read, write) = (ends[0], ends[1])
    }
}

/// Lends `strings` as C wants them: pointers, with a null pointer at the end.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers)
}
