import CMongoC

/// A stored document is not what it should be.
package struct DamagedDocument: Error {
    /// The member that is missing or of another type.
    package let field: String
}

/// Reads the members of a document that libbson or libmongoc owns, for the time of a closure. Everything read is copied.
package struct BSONFields: ~Copyable {
    private let document: OpaquePointer

    init(_ document: OpaquePointer) {
        self.document = document
    }

    package func text(_ key: String) throws(DamagedDocument) -> String { try required(optionalText(key), key) }
    package func integer(_ key: String) throws(DamagedDocument) -> Int64 { try required(optionalInteger(key), key) }
    package func int(_ key: String) throws(DamagedDocument) -> Int { try Int(integer(key)) }
    package func bytes(_ key: String) throws(DamagedDocument) -> [UInt8] { try required(optionalBytes(key), key) }
    package func flag(_ key: String) throws(DamagedDocument) -> Bool { try required(optionalFlag(key), key) }

    package func optionalInt(_ key: String) throws(DamagedDocument) -> Int? { try optionalInteger(key).map { Int($0) } }

    /// A text of a closed vocabulary, or what `make` makes of it.
    package func word<Word>(_ key: String, _ make: (String) -> Word?) throws(DamagedDocument) -> Word {
        try required(make(text(key)), key)
    }

    package func optionalText(_ key: String) throws(DamagedDocument) -> String? {
        guard let member = try member(key, BSON_TYPE_UTF8) else { return nil }
        return try required(String(validating: member.bytes, as: UTF8.self), key)
    }

    /// Whatever the server made of a number: it narrows small ones and widens sums.
    package func optionalInteger(_ key: String) throws(DamagedDocument) -> Int64? {
        guard let member = member(key) else { return nil }
        switch member.type {
        case BSON_TYPE_INT32, BSON_TYPE_INT64: return member.integer
        case BSON_TYPE_DOUBLE: return try required(Int64(exactly: member.real), key)
        default: throw DamagedDocument(field: key)
        }
    }

    package func optionalFlag(_ key: String) throws(DamagedDocument) -> Bool? {
        try member(key, BSON_TYPE_BOOL)?.flag
    }

    package func optionalBytes(_ key: String) throws(DamagedDocument) -> [UInt8]? {
        try member(key, BSON_TYPE_BINARY).map { Array($0.bytes) }
    }

    package func texts(_ key: String) throws -> [String] {
        try elements(key) { (fields, index) throws(DamagedDocument) in try fields.text(index) }
    }

    /// What `read` makes of the documents of an array; nothing of an array that is not there.
    package func documents<Value>(_ key: String, _ read: (borrowing BSONFields) throws -> Value) throws -> [Value] {
        try elements(key) { fields, index in try fields.document(index, read) }
    }

    private func elements<Value>(_ key: String, _ read: (borrowing BSONFields, String) throws -> Value) throws
        -> [Value]
    {
        guard let values = try child(key, type: BSON_TYPE_ARRAY, { try Self.all($0, read) }) else { return [] }
        return values
    }

    private func document<Value>(_ key: String, _ read: (borrowing BSONFields) throws -> Value) throws -> Value {
        guard let value = try child(key, type: BSON_TYPE_DOCUMENT, read) else { throw DamagedDocument(field: key) }
        return value
    }

    private static func all<Value>(
        _ array: borrowing BSONFields,
        _ read: (borrowing BSONFields, String) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        for index in 0..<bson_count_keys(array.document) { values.append(try read(array, String(index))) }
        return values
    }

    /// Views a nested document without copying it.
    private func child<Value>(_ key: String, type: bson_type_t, _ read: (borrowing BSONFields) throws -> Value) throws
        -> Value?
    {
        guard let member = try member(key, type) else { return nil }
        let view = BSONStorage()
        guard bson_init_static(view.pointer, member.start, Int(member.length)) else { throw DamagedDocument(field: key) }
        return try withExtendedLifetime(view) { try read(BSONFields(view.pointer)) }
    }

    private func member(_ key: String, _ type: bson_type_t) throws(DamagedDocument) -> penstock_member? {
        guard let member = member(key) else { return nil }
        guard member.type == type else { throw DamagedDocument(field: key) }
        return member
    }

    /// The member, unless it is absent or null.
    private func member(_ key: String) -> penstock_member? {
        var member = penstock_member()
        return penstock_find(document, key, &member) && member.type != BSON_TYPE_NULL ? member : nil
    }

    private func required<Value>(_ value: Value?, _ key: String) throws(DamagedDocument) -> Value {
        guard let value else { throw DamagedDocument(field: key) }
        return value
    }
}

extension penstock_member {
    fileprivate var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: Int(length)) }
}
