/// A view of one value in a document; as cheap to copy as one reference.
///
/// It keeps the document's bytes alive. Accessors of another kind return nil, an empty sequence or 0.
package struct JSONValue: Sendable {
    /// The six kinds of JSON values.
    package enum Kind: Hashable, Sendable {
        case object, array, string, number, bool, null
    }

    let storage: JSONStorage
    let index: Int

    var entry: JSONTapeEntry { storage.tape[index] }

    /// What the value is.
    package var kind: Kind {
        switch entry.tag {
        case .object: .object
        case .array: .array
        case .string, .escapedString: .string
        case .integer, .decimal: .number
        case .true, .false: .bool
        case .null: .null
        }
    }

    /// Where the value stands in the document's bytes, with its quotes or brackets.
    package var range: Range<Int> { entry.range }

    /// The bytes at `range`, as they were received. The slice's indices are the document's.
    package var rawBytes: ArraySlice<UInt8> { storage.bytes[range] }

    /// The unescaped text of a string.
    package var string: String? { kind == .string ? text : nil }

    /// A number written as an integer (no fraction, no exponent) that fits 64 bits; `1.0` and `1e2` are nil.
    package var int64: Int64? {
        guard entry.tag == .integer else { return nil }
        return Int64(integerLiteral: storage.bytes[range])
    }

    /// A number, rounded to the nearest double; nil if it is too large for one.
    package var double: Double? {
        guard kind == .number else { return nil }
        let value = Double(String(decoding: rawBytes, as: UTF8.self))
        return value.flatMap { $0.isFinite ? $0 : nil }
    }

    /// `true` or `false`.
    package var bool: Bool? {
        switch entry.tag {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// Whether the value is `null`. A missing member is not a value at all.
    package var isNull: Bool { entry.tag == .null }

    /// The unescaped text of a string or key.
    var text: String { String(decoding: unescapedBytes, as: UTF8.self) }

    /// The text of a string or key in UTF-8, escapes undone; without a copy if it has none.
    var unescapedBytes: ArraySlice<UInt8> {
        let raw = storage.bytes[entry.content]
        return entry.tag == .escapedString ? JSONUnescape.bytes(of: raw)[...] : raw
    }
}

extension Int64 {
    /// The value of JSON integer text, which the scanner has checked; nil if it does not fit.
    fileprivate init?(integerLiteral text: ArraySlice<UInt8>) {
        let isNegative = text.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in text.dropFirst(isNegative ? 1 : 0) {
            // Downwards, because the smallest value has no positive counterpart.
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (difference, borrow) = product.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            if overflow || borrow { return nil }
            value = difference
        }
        if !isNegative, value == .min { return nil }
        self = isNegative ? value : -value
    }
}
