/// The key that says who we are, and where it came from. Its text is never printed.
struct APIKey: Sendable, CustomStringConvertible {
    let secret: String
    /// For error messages: `PENSTOCK_API_KEY` or the file's path.
    let origin: String

    var description: String { "API key from \(origin)" }

    /// Takes the key from the file if there is one, else from the environment.
    ///
    /// - Throws: `CLIError.local` saying what is missing.
    static func load(file: String?) async throws -> APIKey {
        if let file {
            let bytes = try await SystemFile.withReading(file) { try SystemFile.read($0, limit: 4096) }
            return try APIKey(text: String(decoding: bytes, as: UTF8.self), origin: file)
        }
        guard let text = Environment["PENSTOCK_API_KEY"] else {
            throw CLIError.local("no API key: set PENSTOCK_API_KEY, or put it into a file and use --api-key-file FILE")
        }
        return try APIKey(text: text, origin: "PENSTOCK_API_KEY")
    }

    /// - Parameter text: the key; white space around it is dropped.
    init(text: String, origin: String) throws(CLIError) {
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard parts.count == 1, parts[0].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .local("\(origin) does not hold an API key: one word such as psk_… is expected")
        }
        secret = String(parts[0])
        self.origin = origin
    }
}
