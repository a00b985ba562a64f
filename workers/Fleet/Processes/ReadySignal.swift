import Glibc
import Synchronization

/// How a child tells its supervisor that it is ready: one byte through a pipe that it was given.
package enum ReadySignal {
    /// The descriptor of the pipe in every child.
    static let descriptor: CInt = 3
    /// Set to the descriptor's number for every child.
    static let variable = "PENSTOCK_READY_FD"

    /// Whether this process has such a pipe and has not used it yet.
    private static let isGiven = Atomic<Bool>(false)

    /// To be called before the process opens anything: then the descriptor is the pipe or nothing, whoever else set the
    /// variable. Processes that this one starts do not hold the pipe.
    package static func prepare() {
        guard let value = getenv(variable), String(cString: value) == "\(descriptor)" else { return }
        var kind = stat()
        guard fstat(descriptor, &kind) == 0, kind.st_mode & S_IFMT == S_IFIFO else { return }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        isGiven.store(true, ordering: .releasing)
    }

    /// Tells the supervisor, if there is one; once.
    package static func send() {
        guard isGiven.exchange(false, ordering: .acquiringAndReleasing) else { return }
        var byte = UInt8(1)
        // A supervisor that is gone needs no answer.
        _ = write(descriptor, &byte, 1)
        close(descriptor)
    }
}
