import Glibc

/// A thread for a call that blocks, so that it does not hold up tasks.
enum OwnThread {
    private final class Box {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Runs `body` on a new thread, which ends with it.
    ///
    /// - Throws: when the system has no more threads.
    static func start(_ body: @escaping @Sendable () -> Void) throws(SystemCallError) {
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
}

/// A system call that failed.
package struct SystemCallError: Error, Equatable, CustomStringConvertible {
    /// Its name.
    package let call: String
    /// The value of `errno`.
    package let code: CInt

    package var description: String { "\(call): \(String(cString: strerror(code)))" }
}
