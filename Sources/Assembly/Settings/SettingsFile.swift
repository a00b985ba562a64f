import Glibc

extension Settings {
    /// Reads a settings file with the process' environment.
    ///
    /// - Parameter withSecrets: whether credentials of targets must be there.
    /// - Throws: `SettingsError`.
    package static func load(_ path: String, withSecrets: Bool) throws(SettingsError) -> Settings {
        guard let yaml = TextFile.read(path) else {
            throw SettingsError("the settings file \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        let environment = ProcessEnvironment.all
        let secrets = SecretSource(
            variable: { name in environment[name].flatMap { $0.isEmpty ? nil : $0 } },
            file: { path in TextFile.read(path).map(TextFile.firstLine).flatMap { $0.isEmpty ? nil : $0 } }
        )
        do {
            var settings = try Settings(yaml: yaml, environment: environment, secrets: withSecrets ? secrets : nil)
            try settings.loadAdapters()
            return settings
        } catch {
            throw SettingsError("\(path): \(error.description)")
        }
    }
}

/// Small text files.
enum TextFile {
    private static let longest = 16 << 20

    /// - Returns: nil when the file cannot be read, with the reason in `errno`.
    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < longest {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes += buffer[0..<count]
        }
        return ferror(file) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }

    static func firstLine(_ text: String) -> String {
        String(text.prefix { !$0.isNewline })
    }
}

/// The process' environment.
package enum ProcessEnvironment {
    package static var all: [String: String] {
        var all: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { all[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return all
    }
}
