/// How to reach MongoDB.
package struct MongoConfiguration: Sendable {
    /// `mongodb://` or `mongodb+srv://`, with credentials and options: all secret.
    package var uri: String
    /// Where the URI names no database.
    package var defaultDatabase: String
    /// Threads, each with one connection of its own: operations at once.
    package var threads: Int
    package var appName = "penstock"
    /// Defaults of options that the URI does not set, in milliseconds.
    package var serverSelectionTimeout: Int32 = 5000
    package var connectTimeout: Int32 = 3000
    package var socketTimeout: Int32 = 10_000

    package init(uri: String, defaultDatabase: String, threads: Int = 8) {
        self.uri = uri
        self.defaultDatabase = defaultDatabase
        self.threads = threads
    }
}
