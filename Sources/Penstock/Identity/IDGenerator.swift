import Synchronization

/// Mints ids: 10 characters of time and 10 of randomness in Crockford's base 32, lower case, so that ids sort by
/// creation and stay short (long ids made downloads impossible in one SDK).
///
/// Those of one process and one millisecond rise too: jobs with equal deadlines go in the order of their ids.
package enum IDGenerator {
    /// Characters after the prefix.
    package static let length = 20
    private static let timeLength = 10
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    package static func job(epoch: PoolEpoch, at time: Timestamp) -> JobID {
        JobID("job_\(epoch)\(unique(at: time))")
    }

    package static func batch(at time: Timestamp) -> BatchID { BatchID("batch_\(unique(at: time))") }

    package static func file(at time: Timestamp) -> FileID { FileID("file-\(unique(at: time))") }

    /// An id for anything else, such as a request: `prefix` and the unique part.
    package static func named(_ prefix: String, at time: Timestamp) -> String { prefix + unique(at: time) }

    package static func epoch() -> PoolEpoch {
        PoolEpoch(base32(UInt64.random(in: 0...UInt64.max), characters: PoolEpoch.length))
    }

    /// 128 random bits; unguessable, as it fences a lease.
    package static func attempt() -> AttemptID {
        AttemptID(hexadecimal(UInt64.random(in: 0...UInt64.max)) + hexadecimal(UInt64.random(in: 0...UInt64.max)))
    }

    /// A secret of `bytes` random bytes in hexadecimal, from the system's secure generator.
    package static func secret(bytes: Int) -> String {
        (0..<(bytes + 7) / 8).map { _ in hexadecimal(UInt64.random(in: 0...UInt64.max)) }.joined()
    }

    /// The moment at which an id was minted; nil for one that was minted elsewhere.
    package static func mintingTime(of id: String) -> Timestamp? {
        let unique = id.utf8.suffix(length)
        guard unique.count == length else { return nil }
        var milliseconds: Int64 = 0
        for character in unique.prefix(timeLength) {
            guard let digit = alphabet.firstIndex(of: character) else { return nil }
            milliseconds = milliseconds << 5 | Int64(digit)
        }
        return Timestamp(milliseconds: milliseconds)
    }

    /// Sorts before every batch that was minted at `time` or later, and after all that were before.
    package static func firstBatch(at time: Timestamp) -> BatchID {
        BatchID("batch_\(base32(UInt64(max(0, time.milliseconds)), characters: timeLength))")
    }

    private static func unique(at time: Timestamp) -> String {
        let milliseconds = UInt64(max(0, time.milliseconds))
        return base32(milliseconds, characters: timeLength)
            + base32(sequence.withLock { $0.next(at: milliseconds) }, characters: length - timeLength)
    }

    private static let sequence = Mutex(IDSequence())

    private static func base32(_ value: UInt64, characters: Int) -> String {
        var rest = value
        var text = [UInt8](repeating: 0, count: characters)
        for index in stride(from: characters - 1, through: 0, by: -1) {
            text[index] = alphabet[Int(rest & 31)]
            rest >>= 5
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// The random halves of ids: within a millisecond each is above the one before.
package struct IDSequence: Sendable {
    private static let bits = 50
    /// At most so far apart: what is left above the first has room for 32,768 ids, and a guess hits one in 2^33.
    private static let step: UInt64 = 1 << 34
    private var milliseconds: UInt64?
    private var last: UInt64 = 0

    package init() {}

    /// The next 50 bits, for an id that is minted at this moment.
    package mutating func next(at milliseconds: UInt64) -> UInt64 {
        let isFirst = milliseconds != self.milliseconds
        // The first of a millisecond leaves the upper half free.
        last = isFirst ? .random(in: 0..<1 << (Self.bits - 1)) : last + .random(in: 1...Self.step)
        self.milliseconds = milliseconds
        return last & (1 << Self.bits - 1)
    }
}
