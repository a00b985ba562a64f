/// Why bytes were refused, and where.
///
/// It never carries the input's content, so it is safe to log and to show to a client.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong. Compare with the static members; more may be added.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        /// Stable name for logs, for example `unexpectedByte`.
        package var description: String { "\(reason)" }

        fileprivate let reason: Reason

        /// A byte that the grammar does not allow here.
        package static var unexpectedByte: Self { .init(reason: .unexpectedByte) }
        /// The input ended inside a value, or held no value at all.
        package static var unexpectedEnd: Self { .init(reason: .unexpectedEnd) }
        /// Something after the one value, other than whitespace.
        package static var trailingBytes: Self { .init(reason: .trailingBytes) }
        /// A number that ends too early, for example `1.` or `-`.
        package static var invalidNumber: Self { .init(reason: .invalidNumber) }
        /// A word that starts like `true`, `false` or `null` but is not.
        package static var invalidLiteral: Self { .init(reason: .invalidLiteral) }
        /// A backslash followed by something that is not an escape.
        package static var invalidEscape: Self { .init(reason: .invalidEscape) }
        /// A `\u` escape of one half of a surrogate pair without the other.
        package static var loneSurrogate: Self { .init(reason: .loneSurrogate) }
        /// Bytes in a string that are not well-formed UTF-8.
        package static var invalidUTF8: Self { .init(reason: .invalidUTF8) }
        /// A raw byte below 0x20 in a string.
        package static var controlCharacter: Self { .init(reason: .controlCharacter) }
        /// More nested arrays and objects than `JSONLimits.maxDepth`.
        package static var tooDeep: Self { .init(reason: .tooDeep) }
        /// More bytes than `JSONLimits.maxBytes`.
        package static var tooLarge: Self { .init(reason: .tooLarge) }
        /// An edit of members was asked for, but the root is not an object.
        package static var notAnObject: Self { .init(reason: .notAnObject) }
        /// A line longer than the limit given to `JSONLines`.
        package static var lineTooLong: Self { .init(reason: .lineTooLong) }
    }

    /// What went wrong.
    package let code: Code

    /// Bytes of input before the first offending one; the input's length if it ended early.
    package let offset: Int

    /// One sentence for humans, in lower case and without the input's content.
    package var message: String { code.reason.message }

    /// The message and the offset.
    package var description: String { "\(message) at byte \(offset)" }

    init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }
}

/// Hidden behind `JSONError.Code`, so that nobody switches over it exhaustively.
private enum Reason: UInt8, Sendable {
    case unexpectedByte, unexpectedEnd, trailingBytes
    case invalidNumber, invalidLiteral, invalidEscape, loneSurrogate, invalidUTF8, controlCharacter
    case tooDeep, tooLarge, notAnObject, lineTooLong

    var message: String {
        switch self {
        case .unexpectedByte: "unexpected byte"
        case .unexpectedEnd: "unexpected end of input"
        case .trailingBytes: "unexpected bytes after the value"
        case .invalidNumber: "invalid number"
        case .invalidLiteral: "invalid literal"
        case .invalidEscape: "invalid escape sequence"
        case .loneSurrogate: "lone surrogate escape"
        case .invalidUTF8: "invalid UTF-8"
        case .controlCharacter: "unescaped control character in a string"
        case .tooDeep: "nesting is too deep"
        case .tooLarge: "input is too large"
        case .notAnObject: "the root value is not an object"
        case .lineTooLong: "line is too long"
        }
    }
}
