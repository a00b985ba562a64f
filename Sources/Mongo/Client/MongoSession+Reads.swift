import CMongoC

extension MongoSession {
    /// Reads the documents that match.
    ///
    /// - Parameters:
    ///   - limit: nil for all; 0 is none.
    ///   - isEnough: told every value; nothing is read after the one for which it is true.
    ///   - decode: makes a value of each; the fields are the driver's and gone afterwards.
    /// - Throws: `MongoError`, or what `decode` throws.
    package func find<Value>(
        _ filter: BSONDocument,
        in collection: String,
        fields projection: BSONDocument? = nil,
        sort: BSONDocument? = nil,
        limit: Int? = nil,
        until isEnough: (Value) -> Bool = { _ in false },
        _ decode: (borrowing BSONFields) throws -> Value
    ) throws -> [Value] {
        guard limit != 0 else { return [] }
        let options: BSONDocument = [
            "projection": projection.map { .document($0) }, "sort": sort.map { .document($0) },
            "limit": limit.map { .integer($0) },
        ]
        defer { withExtendedLifetime((filter, options)) {} }
        guard let pointer = mongoc_client_get_collection(client, database, collection) else {
            throw MongoError(.invalid, "no collection \(collection)")
        }
        defer { mongoc_collection_destroy(pointer) }
        return try drain(
            mongoc_collection_find_with_opts(pointer, filter.pointer, options.pointer, nil),
            until: isEnough,
            decode
        )
    }

    /// Reads the first document that matches.
    package func first<Value>(
        _ filter: BSONDocument,
        in collection: String,
        fields projection: BSONDocument? = nil,
        _ decode: (borrowing BSONFields) throws -> Value
    ) throws -> Value? {
        try find(filter, in: collection, fields: projection, limit: 1, decode).first
    }

    /// Runs an aggregation pipeline.
    package func aggregate<Value>(
        _ stages: [BSONDocument],
        in collection: String,
        _ decode: (borrowing BSONFields) throws -> Value
    ) throws -> [Value] {
        let pipeline: BSONDocument = ["pipeline": .array(stages.map { .document($0) })]
        defer { withExtendedLifetime(pipeline) {} }
        guard let pointer = mongoc_client_get_collection(client, database, collection) else {
            throw MongoError(.invalid, "no collection \(collection)")
        }
        defer { mongoc_collection_destroy(pointer) }
        return try drain(
            mongoc_collection_aggregate(pointer, MONGOC_QUERY_NONE, pipeline.pointer, nil, nil),
            decode
        )
    }

    /// Reads a cursor to its end, or to the value that is enough, and destroys it.
    private func drain<Value>(
        _ cursor: OpaquePointer?,
        until isEnough: (Value) -> Bool = { _ in false },
        _ decode: (borrowing BSONFields) throws -> Value
    ) throws -> [Value] {
        guard let cursor else { throw MongoError(.server, "the driver made no cursor") }
        defer { mongoc_cursor_destroy(cursor) }
        var values: [Value] = []
        var document: OpaquePointer?
        while mongoc_cursor_next(cursor, &document) {
            // The cursor owns the document until it moves on.
            guard let document else { continue }
            let value = try decode(BSONFields(document))
            values.append(value)
            if isEnough(value) { return values }
        }
        var error = bson_error_t()
        if mongoc_cursor_error(cursor, &error) { throw MongoError(error) }
        return values
    }
}
