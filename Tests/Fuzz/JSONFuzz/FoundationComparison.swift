import Foundation
import JSON

/// How the scanner and Foundation's `JSONSerialization` agree about one input.
package enum Comparison: Equatable, Sendable {
    /// Both accept, with equal values.
    case accepted
    /// Both refuse.
    case refused
    /// They differ, for a reason that is known and wanted.
    case explained(Explanation)
    /// They differ and nobody knows why: a bug.
    case unexplained(String)

    /// The differences that we accept.
    package enum Explanation: String, CaseIterable, Sendable {
        /// Foundation guesses UTF-16 and UTF-32 and skips a byte order mark; RFC 8259 wants UTF-8 without one.
        case otherEncoding
        /// Foundation refuses numbers that no double can hold; we accept them as text and return nil when asked.
        case hugeNumber
        /// Foundation drops U+FEFF in the middle of a string, for example after an escape; we keep all text.
        case droppedMark
        /// Foundation takes a comma before a closing bracket, which the grammar does not.
        case trailingComma
    }

    /// Parses `bytes` with both.
    package static func of(_ bytes: [UInt8]) -> Comparison {
        let ours = Result { () throws(JSONError) in try JSONDocument(parsing: bytes, limits: limits) }
        let theirs = Result { try JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed]) }
        switch (ours, theirs) {
        case (.success(let document), .success(let object)):
            if agree(document.root, object) { return .accepted }
            return agreesWithoutMarks(bytes) ? .explained(.droppedMark) : .unexplained("values differ")
        case (.failure, .failure):
            return .refused
        case (.success(let document), .failure):
            return holdsHugeNumber(document.root) ? .explained(.hugeNumber) : .unexplained("only we accept")
        case (.failure(let error), .success):
            if looksEncoded(bytes) { return .explained(.otherEncoding) }
            return isTrailingComma(error, in: bytes)
                ? .explained(.trailingComma) : .unexplained("only they accept: \(error)")
        }
    }

    /// Foundation's own nesting limit is 512.
    private static let limits = JSONLimits(maxDepth: 512)

    private static func looksEncoded(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) || bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE])
            || bytes.prefix(4).contains(0)
    }

    /// Whether `bytes` hold a U+FEFF, and without any both parsers read the same.
    private static func agreesWithoutMarks(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        var scalars = text.unicodeScalars
        scalars.removeAll { $0 == "\u{FEFF}" }
        return scalars.count < text.unicodeScalars.count && of(Array(String(scalars).utf8)) == .accepted
    }

    private static func isTrailingComma(_ error: JSONError, in bytes: [UInt8]) -> Bool {
        guard error.code == .unexpectedByte, "]}".utf8.contains(bytes[error.offset]) else { return false }
        return bytes[..<error.offset].last { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: ",")
    }

    private static func holdsHugeNumber(_ value: JSONValue) -> Bool {
        switch value.kind {
        case .number: value.double == nil
        case .array: value.elements.contains(where: holdsHugeNumber)
        case .object: value.members.contains { holdsHugeNumber($0.value) }
        default: false
        }
    }
}

/// Equality of values. Foundation reads numbers of many digits through `Decimal`, which is some units in the last place
/// off (we round correctly, as `strtod` does); those may differ by as much.
extension Comparison {
    private static func agree(_ value: JSONValue, _ object: Any) -> Bool {
        switch value.kind {
        case .null: object is NSNull
        case .bool: (object as? Bool) == value.bool
        case .string: (object as? String).map { $0.utf8.elementsEqual((value.string ?? "").utf8) } ?? false
        case .number: (object as? NSNumber).map { agree(value, number: $0) } ?? false
        case .array: (object as? [Any]).map { agree(value, array: $0) } ?? false
        case .object: (object as? [String: Any]).map { agree(value, dictionary: $0) } ?? false
        }
    }

    private static func agree(_ value: JSONValue, number: NSNumber) -> Bool {
        if let integer = value.int64 { return number.int64Value == integer }
        guard let double = value.double else { return false }
        let slack = number is NSDecimalNumber ? abs(double) * 1e-14 : 0
        return abs(double - number.doubleValue) <= slack
    }

    private static func agree(_ value: JSONValue, array: [Any]) -> Bool {
        value.count == array.count && zip(value.elements, array).allSatisfy { agree($0, $1) }
    }

    /// A dictionary keeps one of several keys that are equal, or canonically equivalent: those are not compared.
    private static func agree(_ value: JSONValue, dictionary: [String: Any]) -> Bool {
        guard Set(value.members.map(\.key)).count == value.count else { return dictionary.count < value.count }
        return dictionary.count == value.count
            && value.members.allSatisfy { member in dictionary[member.key].map { agree(member.value, $0) } ?? false }
    }
}
