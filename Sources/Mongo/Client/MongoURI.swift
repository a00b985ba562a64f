import CMongoC

/// A parsed connection string with our defaults. Owns libmongoc's object.
final class MongoURI {
    let pointer: OpaquePointer
    let database: String

    /// - Throws: `invalid`; the text says what is wrong and holds no secret.
    init(_ configuration: MongoConfiguration) throws(MongoError) {
        let pointer = try Self.parse(configuration.uri)
        self.pointer = pointer
        database = mongoc_uri_get_database(pointer).map { String(cString: $0) } ?? configuration.defaultDatabase
        try setDefaults(configuration)
    }

    deinit {
        mongoc_uri_destroy(pointer)
    }

    private static func parse(_ uri: String) throws(MongoError) -> OpaquePointer {
        guard uri.hasPrefix("mongodb://") || uri.hasPrefix("mongodb+srv://") else {
            throw MongoError(.invalid, "it must begin with mongodb:// or mongodb+srv://")
        }
        // It would take what follows the first @ for a host, and name it.
        guard uri.prefix(while: { $0 != "?" }).count(where: { $0 == "@" }) <= 1 else { throw unreadableSecrets }
        // libmongoc quotes what it cannot parse, so the masked form goes first and takes the blame.
        var error = bson_error_t()
        guard let masked = mongoc_uri_new_with_error(MaskedURI.of(uri), &error) else {
            throw MongoError(.invalid, withUnsafePointer(to: error) { String(cString: penstock_error_message($0)) })
        }
        mongoc_uri_destroy(masked)
        guard let pointer = mongoc_uri_new_with_error(uri, nil) else {
            throw unreadableSecrets
        }
        return pointer
    }

    private static let unreadableSecrets = MongoError(
        .invalid,
        "its user, password or secret options cannot be read: escape : / ? # [ ] @ % in them as %XX"
    )

    /// Durable writes, and reads that see nothing that could be rolled back. Those two are promises, not defaults.
    private func setDefaults(_ configuration: MongoConfiguration) throws(MongoError) {
        let concern = mongoc_write_concern_new()
        defer { mongoc_write_concern_destroy(concern) }
        mongoc_write_concern_set_w(concern, MONGOC_WRITE_CONCERN_W_MAJORITY)
        mongoc_write_concern_set_journal(concern, true)
        mongoc_uri_set_write_concern(pointer, concern)
        let reading = mongoc_read_concern_new()
        defer { mongoc_read_concern_destroy(reading) }
        mongoc_read_concern_set_level(reading, MONGOC_READ_CONCERN_LEVEL_MAJORITY)
        mongoc_uri_set_read_concern(pointer, reading)
        let primary = mongoc_read_prefs_new(MONGOC_READ_PRIMARY)
        defer { mongoc_read_prefs_destroy(primary) }
        mongoc_uri_set_read_prefs_t(pointer, primary)
        try require(mongoc_uri_set_appname(pointer, configuration.appName), "appname")
        try setDefault(MONGOC_URI_SERVERSELECTIONTIMEOUTMS, configuration.serverSelectionTimeout)
        try setDefault(MONGOC_URI_CONNECTTIMEOUTMS, configuration.connectTimeout)
        try setDefault(MONGOC_URI_SOCKETTIMEOUTMS, configuration.socketTimeout)
        try require(
            mongoc_uri_set_option_as_int32(pointer, MONGOC_URI_MAXPOOLSIZE, Int32(configuration.threads)),
            MONGOC_URI_MAXPOOLSIZE
        )
    }

    private func setDefault(_ option: String, _ value: Int32) throws(MongoError) {
        guard !mongoc_uri_has_option(pointer, option) else { return }
        try require(mongoc_uri_set_option_as_int32(pointer, option, value), option)
    }

    private func require(_ isSet: Bool, _ option: String) throws(MongoError) {
        guard isSet else { throw MongoError(.invalid, "its option \(option) cannot be set") }
    }
}
