import Penstock
import Redis

/// Reads the scripts' replies. A reply of another shape is an error, never a crash: another version may have made it.
struct ReplyReader {
    private let items: [RedisValue]

    init(_ value: RedisValue) throws {
        guard let items = value.array else { throw UnexpectedReply() }
        self.items = items
    }

    var count: Int { items.count }

    func text(_ index: Int) throws -> String {
        guard index < items.count, let text = items[index].string else { throw UnexpectedReply() }
        return text
    }

    func bytes(_ index: Int) throws -> [UInt8] {
        guard index < items.count, let bytes = items[index].bytes else { throw UnexpectedReply() }
        return bytes
    }

    /// A list of texts.
    func texts(_ index: Int) throws -> [[UInt8]] {
        guard index < items.count, let list = items[index].array else { throw UnexpectedReply() }
        return list.compactMap(\.bytes)
    }

    /// An integer, or the text of one: Lua turns some into text.
    func integer(_ index: Int) throws -> Int {
        guard index < items.count else { throw UnexpectedReply() }
        if let number = items[index].int64 { return Int(number) }
        guard let number = items[index].string.flatMap(Double.init) else { throw UnexpectedReply() }
        return Int(number)
    }

    func decimal(_ index: Int) throws -> Double {
        guard let number = Double(try text(index)) else { throw UnexpectedReply() }
        return number
    }

    /// Milliseconds; below 0 stands for unknown.
    func optionalMilliseconds(_ index: Int) throws -> Duration? {
        let number = try integer(index)
        return number < 0 ? nil : .milliseconds(number)
    }

    /// The elements from `start` on, each a list.
    func lists(from start: Int = 0) throws -> [ReplyReader] {
        try items.dropFirst(start).map { try ReplyReader($0) }
    }

    /// name, shape, record, attempts, deaths: what `describe` gives, from `start` on.
    func queuedJob(at start: Int) throws -> QueuedJob {
        QueuedJob(
            job: try JobCodec.decode(name: text(start), shape: bytes(start + 1), record: bytes(start + 2)),
            entry: try text(start),
            attempts: try integer(start + 3)
        )
    }

    func deaths(at start: Int) throws -> Int { try integer(start + 4) }
}

/// A script answered in a shape this version does not know.
struct UnexpectedReply: Error, CustomStringConvertible {
    var description: String { "the queue gave an unexpected reply" }
}
