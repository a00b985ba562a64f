import Glibc

/// Blocking reads and writes of pipes.
enum PipeIO {
    private static let chunk = 65_536

    /// - Returns: false when nobody reads any more.
    static func write(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Everything until nobody writes any more.
    static func readAll(from descriptor: CInt) -> [UInt8] {
        var all: [UInt8] = []
        while let more = read(atMost: chunk, from: descriptor) { all += more }
        return all
    }

    /// - Returns: at least one byte; nil at the end.
    static func read(atMost limit: Int, from descriptor: CInt) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let count = Glibc.read(descriptor, &buffer, limit)
            if count > 0 { return Array(buffer[..<count]) }
            if count == 0 || errno != EINTR { return nil }
        }
    }
}
