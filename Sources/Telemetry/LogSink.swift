import Glibc
import Synchronization

/// The file descriptor that log lines go to.
///
/// Each line is one `write`. Lines are at most `PIPE_BUF` long, so lines of several processes that share a pipe do not
/// mix.
package final class LogSink: Sendable {
    private let descriptor: Int32
    private let lost = Atomic<Int>(0)

    /// Lines that could not be written since the start; a full disk or a reader that is gone.
    package var lostLines: Int { lost.load(ordering: .relaxed) }

    /// The descriptor stays the caller's and must outlive the sink.
    package init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes a line, its line feed included.
    func write(_ line: [UInt8]) {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                lost.add(1, ordering: .relaxed)
                return
            }
        }
    }
}
