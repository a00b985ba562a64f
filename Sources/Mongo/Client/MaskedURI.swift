/// A connection string without its secrets: what may be shown, and what libmongoc may complain about by name.
enum MaskedURI {
    /// Option values that are or hold secrets, in lower case.
    private static let secretOptions: Set<String> = [
        "tlscertificatekeyfilepassword", "sslclientcertificatekeypassword", "authmechanismproperties",
    ]

    static func of(_ uri: String) -> String {
        guard let scheme = uri.firstRange(of: "://") else { return "***" }
        let rest = uri[scheme.upperBound...]
        // The last one: a password that was not escaped may hold another.
        let hosts = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] }
        let user = hosts == nil ? "" : "user:***@"
        return uri[..<scheme.upperBound] + user + maskOptions(of: hosts ?? rest)
    }

    private static func maskOptions(of text: Substring) -> String {
        guard let mark = text.firstIndex(of: "?") else { return String(text) }
        let options = text[text.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
        return text[...mark] + options.map(mask).joined(separator: "&")
    }

    private static func mask(_ option: Substring) -> String {
        let name = option.prefix { $0 != "=" }
        return secretOptions.contains(name.lowercased()) ? "\(name)=a:b" : String(option)
    }
}
