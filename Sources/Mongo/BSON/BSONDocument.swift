import CMongoC

/// A document, encoded by libbson. A literal makes one; members whose value is nil are left out.
///
/// Owns its memory and never changes, so that threads may share it: hence unchecked.
package final class BSONDocument: @unchecked Sendable, ExpressibleByDictionaryLiteral {
    /// Valid as long as the document lives. Swift may end that after the document's last use, so whoever hands the
    /// pointer to C extends it to the end of the call.
    let pointer: OpaquePointer

    package init(_ members: some Sequence<(String, BSONValue?)>) {
        // libbson ends the process when there is no memory: never NULL.
        pointer = bson_new()
        for (key, value) in members {
            guard let value else { continue }
            Self.append(value, key, to: pointer)
        }
    }

    package convenience init(dictionaryLiteral elements: (String, BSONValue?)...) {
        self.init(elements)
    }

    /// Elements under the keys `0`, `1`, …: the way BSON writes arrays.
    fileprivate convenience init(elements: [BSONValue]) {
        self.init(elements.enumerated().lazy.map { (String($0.offset), $0.element) })
    }

    deinit {
        bson_destroy(pointer)
    }

    /// Bytes on the wire.
    package var byteCount: Int { penstock_bson_length(pointer) }

    /// Reads the document's own members.
    package func read<Value>(_ body: (borrowing BSONFields) throws -> Value) rethrows -> Value {
        try withExtendedLifetime(self) { try body(BSONFields(pointer)) }
    }

    /// Keys are ours, from literals: without NUL. Texts are anybody's and may hold one.
    private static func append(_ value: BSONValue, _ key: String, to document: OpaquePointer) {
        let isAppended =
            switch value {
            case .text(let text): append(text, key, to: document)
            case .integer(let value): bson_append_int64(document, key, -1, value)
            case .small(let value): bson_append_int32(document, key, -1, value)
            case .flag(let value): bson_append_bool(document, key, -1, value)
            case .bytes(let bytes):
                bson_append_binary(document, key, -1, BSON_SUBTYPE_BINARY, bytes, UInt32(bytes.count))
            case .null: bson_append_null(document, key, -1)
            case .document(let child): append(child, key, to: document, bson_append_document)
            case .array(let values): append(BSONDocument(elements: values), key, to: document, bson_append_array)
            }
        precondition(isAppended, "a document of 2 GiB")
    }

    /// Copies a nested document.
    private static func append(
        _ child: BSONDocument,
        _ key: String,
        to document: OpaquePointer,
        _ write: (OpaquePointer, UnsafePointer<CChar>, Int32, OpaquePointer) -> Bool
    ) -> Bool {
        withExtendedLifetime(child) { write(document, key, -1, child.pointer) }
    }

    private static func append(_ text: String, _ key: String, to document: OpaquePointer) -> Bool {
        var text = text
        return text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { characters in
                // An empty buffer may have no address, which libbson would write as null.
                characters.baseAddress.map {
                    bson_append_utf8(document, key, -1, $0, Int32(characters.count))
                } ?? bson_append_utf8(document, key, -1, "", 0)
            }
        }
    }
}
