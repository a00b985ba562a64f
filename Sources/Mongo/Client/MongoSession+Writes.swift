import CMongoC

/// A document of a bulk write that was not written, while others were.
package struct RefusedDocument: Sendable {
    /// Its place in the call.
    package let index: Int
    package let error: MongoError
}

extension MongoSession {
    /// Inserts documents, each on its own: one that is refused takes no other with it.
    ///
    /// - Returns: those that were refused, most often because they are there already (`duplicateKey`).
    /// - Throws: when it is not known what was written.
    package func insert(_ documents: [BSONDocument], into collection: String) throws -> [RefusedDocument] {
        guard !documents.isEmpty else { return [] }
        let reply = BSONStorage()
        var error = bson_error_t()
        let isComplete = try withCollection(collection) { (pointer) throws(MongoError) in
            try Self.insert(documents, pointer, reply, &error)
        }
        if isComplete { return [] }
        let refused = try reply.read { fields in try Self.refusals(fields) }
        let isJournaled = try reply.read { fields in try fields.documents("writeConcernErrors") { _ in () } }.isEmpty
        // Without a list of refusals the whole call failed; with one, `error` is only the first of them.
        guard !refused.isEmpty, isJournaled else { throw MongoError(error) }
        return refused
    }

    /// Changes the first document that matches.
    ///
    /// - Parameter upsert: inserts a document where none matches.
    /// - Returns: whether one matched or was inserted.
    package func updateOne(
        _ filter: BSONDocument,
        in collection: String,
        to update: BSONDocument,
        upsert: Bool = false
    ) throws -> Bool {
        try write(collection) { (pointer, reply, error) in
            let options: BSONDocument = ["upsert": .flag(upsert)]
            defer { withExtendedLifetime((filter, update, options)) {} }
            return mongoc_collection_update_one(
                pointer, filter.pointer, update.pointer, options.pointer, reply, error
            )
        }.read { fields in
            try fields.int("matchedCount") > 0 || (fields.optionalInt("upsertedCount") ?? 0) > 0
        }
    }

    /// Changes all documents that match.
    ///
    /// - Returns: how many matched.
    @discardableResult
    package func updateMany(_ filter: BSONDocument, in collection: String, to update: BSONDocument) throws -> Int {
        try write(collection) { (pointer, reply, error) in
            defer { withExtendedLifetime((filter, update)) {} }
            return mongoc_collection_update_many(pointer, filter.pointer, update.pointer, nil, reply, error)
        }.read { fields in try fields.int("matchedCount") }
    }

    /// Puts `document` in the place of the first that matches.
    ///
    /// - Returns: whether one matched.
    package func replaceOne(_ filter: BSONDocument, in collection: String, with document: BSONDocument) throws -> Bool {
        try write(collection) { (pointer, reply, error) in
            defer { withExtendedLifetime((filter, document)) {} }
            return mongoc_collection_replace_one(pointer, filter.pointer, document.pointer, nil, reply, error)
        }.read { fields in try fields.int("matchedCount") > 0 }
    }

    /// Deletes all documents that match.
    ///
    /// - Returns: how many there were.
    @discardableResult
    package func deleteMany(_ filter: BSONDocument, in collection: String) throws -> Int {
        try write(collection) { (pointer, reply, error) in
            defer { withExtendedLifetime(filter) {} }
            return mongoc_collection_delete_many(pointer, filter.pointer, nil, reply, error)
        }.read { fields in try fields.int("deletedCount") }
    }

    private func write(
        _ collection: String,
        _ body: (OpaquePointer, OpaquePointer, UnsafeMutablePointer<bson_error_t>) -> Bool
    ) throws(MongoError) -> BSONStorage {
        try withCollection(collection) { (pointer) throws(MongoError) in
            let reply = BSONStorage()
            defer { withExtendedLifetime(reply) {} }
            var error = bson_error_t()
            guard body(pointer, reply.pointer, &error) else { throw MongoError(error) }
            return reply
        }
    }

    /// - Returns: whether all were written.
    private static func insert(
        _ documents: [BSONDocument],
        _ collection: OpaquePointer,
        _ reply: BSONStorage,
        _ error: inout bson_error_t
    ) throws(MongoError) -> Bool {
        let options: BSONDocument = ["ordered": false]
        defer { withExtendedLifetime((documents, reply, options)) {} }
        guard let bulk = mongoc_collection_create_bulk_operation_with_opts(collection, options.pointer) else {
            throw MongoError(.server, "the driver made no bulk operation")
        }
        defer { mongoc_bulk_operation_destroy(bulk) }
        for document in documents {
            guard mongoc_bulk_operation_insert_with_opts(bulk, document.pointer, nil, &error) else {
                throw MongoError(error)
            }
        }
        return mongoc_bulk_operation_execute(bulk, reply.pointer, &error) != 0
    }

    private static func refusals(_ reply: borrowing BSONFields) throws -> [RefusedDocument] {
        try reply.documents("writeErrors") { fields in
            let code = UInt32(clamping: try fields.integer("code"))
            return RefusedDocument(index: try fields.int("index"), error: MongoError(serverCode: code))
        }
    }
}
