import CMongoC

/// A client of libmongoc, lent to an operation for its time on the thread. Every call blocks.
package struct MongoSession: ~Copyable {
    let client: OpaquePointer
    /// The database of all collections.
    package let database: String

    /// Runs a command on the database.
    package func command(_ command: BSONDocument) throws(MongoError) {
        var error = bson_error_t()
        let reply = BSONStorage()
        defer { withExtendedLifetime((command, reply)) {} }
        guard
            mongoc_client_command_with_opts(client, database, command.pointer, nil, nil, reply.pointer, &error)
        else { throw MongoError(error) }
    }

    /// Makes what is missing of a collection's indexes. Many processes may do so at once.
    package func createIndexes(_ indexes: [BSONDocument], on collection: String) throws(MongoError) {
        var error = bson_error_t()
        let reply = BSONStorage()
        let command: BSONDocument = [
            "createIndexes": .text(collection), "indexes": .array(indexes.map { .document($0) }),
        ]
        defer { withExtendedLifetime((command, reply)) {} }
        guard
            mongoc_client_write_command_with_opts(client, database, command.pointer, nil, reply.pointer, &error)
        else { throw MongoError(error) }
    }

    /// Lends a collection.
    func withCollection<Value>(_ name: String, _ body: (OpaquePointer) throws(MongoError) -> Value) throws(MongoError)
        -> Value
    {
        guard let collection = mongoc_client_get_collection(client, database, name) else {
            throw MongoError(.invalid, "no collection \(name)")
        }
        defer { mongoc_collection_destroy(collection) }
        return try body(collection)
    }
}
