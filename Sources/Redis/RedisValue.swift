/// One reply of the server, copied out of the reader's memory.
package enum RedisValue: Sendable, Equatable {
    /// The nil bulk string or nil array.
    case null
    case integer(Int64)
    /// A bulk string; any bytes.
    case string([UInt8])
    /// A short reply such as `OK` or `PONG`.
    case status(String)
    case array([RedisValue])
    /// An error of the server. At the top level only `pipeline` returns it; `send` throws instead.
    case error(RedisServerError)
}

extension RedisValue {
    /// The integer, also when the server sent it as decimal text, as counters in hashes are.
    package var int64: Int64? {
        switch self {
        case .integer(let value): value
        case .string(let bytes): Int64(String(decoding: bytes, as: UTF8.self))
        default: nil
        }
    }

    /// The text of a bulk string or status; `nil` also when the bytes are not UTF-8.
    package var string: String? {
        switch self {
        case .string(let bytes): String(validating: bytes, as: UTF8.self)
        case .status(let text): text
        default: nil
        }
    }

    /// The bytes of a bulk string or status.
    package var bytes: [UInt8]? {
        switch self {
        case .string(let bytes): bytes
        case .status(let text): Array(text.utf8)
        default: nil
        }
    }

    /// The elements of an array.
    package var array: [RedisValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The server's error, if this is one.
    package var error: RedisServerError? {
        if case .error(let error) = self { error } else { nil }
    }

    /// Whether this is the nil reply.
    package var isNull: Bool { self == .null }
}
