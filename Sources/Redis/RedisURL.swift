/// The parts of a Redis URL.
struct RedisURL {
    private(set) var isSecure = false
    private(set) var username: String?
    private(set) var password: String?
    private(set) var host = ""
    private(set) var port = 6379
    private(set) var database = 0

    init(_ url: String) throws(RedisError) {
        guard let colon = url.firstRange(of: "://") else { throw Self.invalid("it does not start with redis://") }
        switch url[..<colon.lowerBound].lowercased() {
        case "redis": isSecure = false
        case "rediss": isSecure = true
        default: throw Self.invalid("the scheme is neither redis nor rediss")
        }
        let rest = url[colon.upperBound...]
        if rest.contains("?") { throw Self.invalid("query options are not supported; use the settings instead") }
        if rest.contains("#") { throw Self.invalid("a fragment, or a # that is not written %23") }

        let authorityEnd = rest.firstIndex(of: "/") ?? rest.endIndex
        try readDatabase(rest[authorityEnd...].dropFirst())
        let authority = rest[..<authorityEnd]
        if let at = authority.lastIndex(of: "@") {
            try readCredentials(authority[..<at])
            try readAddress(authority[authority.index(after: at)...])
        } else {
            try readAddress(authority)
        }
    }

    private mutating func readDatabase(_ path: Substring) throws(RedisError) {
        if path.isEmpty { return }
        guard let number = Self.number(path, in: 0...Int(Int32.max)) else {
            throw Self.invalid("the path is not a database number")
        }
        database = number
    }

    private mutating func readCredentials(_ text: Substring) throws(RedisError) {
        guard let colon = text.firstIndex(of: ":") else {
            throw Self.invalid("a user name without password; a password alone is written :password@")
        }
        let user = try Self.decode(text[..<colon], "user name")
        username = user.isEmpty ? nil : user
        password = try Self.decode(text[text.index(after: colon)...], "password")
        if password?.isEmpty == true { throw Self.invalid("the password is empty") }
    }

    private mutating func readAddress(_ text: Substring) throws(RedisError) {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw Self.invalid("the IPv6 address has no ]") }
            host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw Self.invalid("something follows the IPv6 address") }
            try readPort(rest)
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            host = try Self.decode(text[..<colon], "host")
            try readPort(text[colon...])
        }
        if host.isEmpty { throw Self.invalid("the host is missing") }
    }

    private mutating func readPort(_ text: Substring) throws(RedisError) {
        if text.isEmpty { return }
        guard let number = Self.number(text.dropFirst(), in: 1...65_535) else {
            throw Self.invalid("the port is not a number from 1 to 65535")
        }
        port = number
    }

    private static func number(_ text: Substring, in range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else { return nil }
        return range.contains(number) ? number : nil
    }

    private static func decode(_ text: Substring, _ part: String) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let high = hexDigit(digits.first), let low = hexDigit(digits.last) else {
                throw invalid("a % in the \(part) is not followed by two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw invalid("the \(part) is not UTF-8") }
        return decoded
    }

    private static func hexDigit(_ byte: UInt8?) -> UInt8? {
        guard let byte else { return nil }
        return Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init)
    }

    private static func invalid(_ reason: String) -> RedisError {
        RedisError(.invalidConfiguration, "invalid Redis URL: \(reason)")
    }
}
