import CMongoC

/// Room for a document that libbson or libmongoc fills in: a reply, or a view into another document. Owns the memory.
///
/// libbson wants it aligned to 128 bytes, which is why Swift sees only opaque pointers to documents.
final class BSONStorage {
    let pointer: OpaquePointer
    private let memory = UnsafeMutableRawPointer.allocate(byteCount: MemoryLayout<bson_t>.size, alignment: 128)

    init() {
        pointer = OpaquePointer(memory)
        bson_init(pointer)
    }

    deinit {
        bson_destroy(pointer)
        memory.deallocate()
    }

    func read<Value>(_ body: (borrowing BSONFields) throws -> Value) rethrows -> Value {
        try withExtendedLifetime(self) { try body(BSONFields(pointer)) }
    }
}
