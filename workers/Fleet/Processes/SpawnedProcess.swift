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
            do throws(SystemCallError) {
                guard readingOutput else {
                    let pid = try spawn(child, standardInput: input.read, standardOutput: nil)
                    return SpawnedProcess(pid: pid, lifeline: input.write, output: nil)
                }
                let output = try Pipe()
                defer { close(output.write) }
                do throws(SystemCallError) {
                    let pid = try spawn(child, standardInput: input.read, standardOutput: output.write)
                    return SpawnedProcess(pid: pid, lifeline: input.write, output: output.read)
                } catch {
                    close(output.read)
                    throw error
                }
            } catch {
                close(input.write)
                throw error
            }
        }
    }

    /// Calls `onExit` from another thread when the process has ended. It then still has to be reaped: until that its
    /// number belongs to nobody else, so that no signal can go astray.
    func watch(onExit: @escaping @Sendable () -> Void) throws(SystemCallError) {
        try OwnThread.start {
            awaitEnd()
            onExit()
        }
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
        close(lifeline)
        if let output { close(output) }
        return ProcessExit(waitStatus: status)
    }

    /// Asks it to end.
    func terminate() {
        kill(pid, SIGTERM)
    }

    /// Ends it and whatever it started itself.
    func killGroup() {
        kill(-pid, SIGKILL)
    }

    private static func spawn(_ child: ChildSpecification, standardInput: CInt, standardOutput: CInt?)
        throws(SystemCallError) -> pid_t
    {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, standardInput, STDIN_FILENO)
        if let standardOutput { posix_spawn_file_actions_adddup2(&actions, standardOutput, STDOUT_FILENO) }
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
