import Glibc

/// The name of the machine, or of the container.
package enum HostName {
    /// As the system tells it; `host` where it tells none.
    package static let text: String = {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "host" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()
}
