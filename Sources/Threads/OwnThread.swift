import CThreads
import Glibc

/// A thread for calls that block, so that they do not hold up tasks.
package enum OwnThread {
    private final class Box {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Runs `body` on a new thread, which ends with it.
    ///
    /// - Throws: when the system has no more threads.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(SystemCallError) {
        var thread = pthread_t()
        // The new thread takes the box over.
        let box = Unmanaged.passRetained(Box(body))
        let code = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                return nil
            },
            box.toOpaque()
        )
        guard code == 0 else {
            box.release()
            throw SystemCallError(call: "pthread_create", code: code)
        }
        pthread_detach(thread)
    }

    /// The same for a library's calls: the thread bears a name for debuggers and top, at most 15 bytes, and leaves
    /// signals to other threads, for a SIGPIPE in a library must not end the process.
    package static func start(named name: String, _ body: @escaping @Sendable () -> Void) throws(SystemCallError) {
        try start {
            penstock_name_thread(name)
            var all = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_BLOCK, &all, nil)
            body()
        }
    }
}

/// A system call that failed.
package struct SystemCallError: Error, Equatable, CustomStringConvertible {
    /// Its name.
    package let call: String
    /// The value of `errno`.
    package let code: CInt

    package init(call: String, code: CInt) {
        self.call = call
        self.code = code
    }

    package var description: String { "\(call): \(String(cString: strerror(code)))" }
}
