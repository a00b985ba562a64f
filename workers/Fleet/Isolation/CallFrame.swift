import Glibc
import Penstock

/// What a worker and its process for suspects tell each other: a number that names the call, a length, and so many
/// bytes. An order without bytes aborts the call.
struct CallFrame: Sendable, Equatable {
    var call: Int
    var bytes: [UInt8]

    /// `7 300` and a line feed, then 300 bytes.
    var encoded: [UInt8] { Array("\(call) \(bytes.count)\n".utf8) + bytes }

    /// Blocks until there is one.
    ///
    /// - Returns: nil at the end, also in the middle of a frame.
    /// - Throws: for what is no frame.
    static func read(from descriptor: CInt) throws(DamagedRecord) -> CallFrame? {
        var head: [UInt8] = []
        while head.last != UInt8(ascii: "\n") {
            guard let byte = PipeIO.read(atMost: 1, from: descriptor) else { return nil }
            head += byte
        }
        let numbers = String(decoding: head.dropLast(), as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 2, numbers[1] >= 0 else { throw DamagedRecord() }
        var bytes: [UInt8] = []
        while bytes.count < numbers[1] {
            guard let more = PipeIO.read(atMost: min(numbers[1] - bytes.count, 65_536), from: descriptor) else {
                return nil
            }
            bytes += more
        }
        return CallFrame(call: numbers[0], bytes: bytes)
    }
}
