/// A value that goes into a document. Integers of literals are 32 bit, as commands want them; data is 64 bit.
package enum BSONValue: Sendable {
    case text(String)
    case integer(Int64)
    case small(Int32)
    case flag(Bool)
    case bytes([UInt8])
    case null
    case document(BSONDocument)
    case array([BSONValue])

    package static func integer(_ value: Int) -> BSONValue { .integer(Int64(value)) }

    /// An array of texts.
    package static func texts(_ texts: some Sequence<String>) -> BSONValue { .array(texts.map { .text($0) }) }
}

extension BSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int32) { self = .small(value) }
    package init(booleanLiteral value: Bool) { self = .flag(value) }
    package init(dictionaryLiteral elements: (String, BSONValue?)...) { self = .document(BSONDocument(elements)) }
    package init(arrayLiteral elements: BSONValue...) { self = .array(elements) }
}
