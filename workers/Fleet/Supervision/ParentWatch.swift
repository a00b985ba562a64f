import Glibc
package import Threads

/// Lets a role notice that its supervisor is gone, even when that was killed: the pipe that is its standard input ends.
package enum ParentWatch {
    /// Watches standard input, if this process was started by a `Supervisor`; else does nothing.
    ///
    /// - Parameters:
    ///   - grace: how long the process may take to end by itself after that; then it exits at once with 75.
    ///   - onParentGone: called once, from a thread of its own, to begin draining.
    /// - Throws: when the system has no more threads.
    package static func start(
        grace: Duration,
        onParentGone: @escaping @Sendable () -> Void
    ) throws(SystemCallError) {
        guard let value = getenv(ChildEnvironment.supervised), String(cString: value) == "1" else { return }
        try watch(STDIN_FILENO, grace: grace, exit: { _exit(EX_TEMPFAIL) }, onParentGone: onParentGone)
    }

    /// The same for any pipe, and with any exit.
    static func watch(
        _ descriptor: CInt,
        grace: Duration,
        exit: @escaping @Sendable () -> Void,
        onParentGone: @escaping @Sendable () -> Void
    ) throws(SystemCallError) {
        try OwnThread.start {
            waitForEnd(of: descriptor)
            onParentGone()
            sleep(grace)
            exit()
        }
    }

    /// Returns when nobody can write any more; what is written is of no interest.
    private static func waitForEnd(of descriptor: CInt) {
        var buffer = [UInt8](repeating: 0, count: 64)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { return }
        }
    }

    private static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var left = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var request = left
        while nanosleep(&request, &left) != 0, errno == EINTR { request = left }
    }
}
