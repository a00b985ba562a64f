import CHiredis
import NIOCore

/// hiredis' incremental reply parser: bytes in, whole replies out.
///
/// Owns C memory, hence noncopyable; confined to the event loop of its connection.
struct ReplyReader: ~Copyable {
    /// The bytes are no RESP2, or memory ran out.
    struct Failure: Error { let message: String }

    /// Kept between replies: enough for pipelined traffic, without holding on to the room of a rare huge reply.
    private static let maximumUnusedBytes = 1 << 20

    private let reader: UnsafeMutablePointer<redisReader>

    /// - Throws: `Failure` when memory cannot be had.
    init() throws(Failure) {
        guard let reader = redisReaderCreate() else { throw Failure(message: "out of memory") }
        penstock_reader_set_max_unused(reader, Self.maximumUnusedBytes)
        self.reader = reader
    }

    deinit { redisReaderFree(reader) }

    func feed(_ bytes: ByteBuffer) throws(Failure) {
        let status = bytes.withUnsafeReadableBytes { raw in
            redisReaderFeed(reader, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        }
        if status != REDIS_OK { throw failure }
    }

    /// The next whole reply, or `nil` until more bytes are fed. Arrays may nest eight deep.
    func next() throws(Failure) -> RedisValue? {
        var reply: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw failure }
        guard let reply else { return nil }
        defer { freeReplyObject(reply) }
        return Self.value(of: reply.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private var failure: Failure { Failure(message: String(cString: penstock_reader_error(reader))) }

    private static func value(of reply: redisReply) -> RedisValue {
        switch reply.type {
        case REDIS_REPLY_INTEGER: .integer(reply.integer)
        case REDIS_REPLY_STRING: .string(Array(bytes(of: reply)))
        case REDIS_REPLY_STATUS: .status(String(decoding: bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: .error(RedisServerError(line: String(decoding: bytes(of: reply), as: UTF8.self)))
        case REDIS_REPLY_ARRAY: .array(elements(of: reply))
        default: .null
        }
    }

    private static func bytes(of reply: redisReply) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len))
    }

    private static func elements(of reply: redisReply) -> [RedisValue] {
        UnsafeBufferPointer(start: reply.element, count: Int(reply.elements)).map { element in
            guard let element else { return .null }
            return value(of: element.pointee)
        }
    }
}
