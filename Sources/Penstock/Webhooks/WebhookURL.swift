/// A URL that webhooks may be sent to, as far as its text tells. Where its name leads is judged when connecting.
package struct WebhookURL: Sendable, Equatable {
    private static let maxBytes = 2048

    package let text: String
    /// Scheme, host and port, in lower case and with the port spelled out: `https://example.com:443`.
    package let origin: String

    /// - Throws: `WebhookURLError` that says what the URL must be.
    package init(_ text: String, allowingHTTP: Bool) throws(WebhookURLError) {
        guard text.utf8.count <= Self.maxBytes else { throw WebhookURLError("at most \(Self.maxBytes) bytes long") }
        guard text.utf8.allSatisfy(Self.isURLCharacter) else {
            throw WebhookURLError("made of the characters of a URL, others percent-encoded, and without a fragment")
        }
        let schemes = allowingHTTP ? ["https", "http"] : ["https"]
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].hasPrefix("//"), schemes.contains(parts[0].lowercased()) else {
            throw WebhookURLError("an absolute \(schemes.joined(separator: " or ")) URL")
        }
        let scheme = parts[0].lowercased()
        let authority = parts[1].dropFirst(2).prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { throw WebhookURLError("without a user name or password") }
        guard let (host, port) = Self.hostAndPort(authority) else {
            throw WebhookURLError("one with a host, and a port from 1 to 65535 if any")
        }
        self.text = text
        origin = "\(scheme)://\(host):\(port ?? (scheme == "https" ? 443 : 80))"
    }

    private static func hostAndPort(_ authority: Substring) -> (host: String, port: Int?)? {
        let host: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[...end]
            guard host.count > 2, host.dropFirst().dropLast().allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." })
            else { return nil }
        } else {
            host = authority.prefix { $0 != ":" }
            guard !host.isEmpty, host.utf8.allSatisfy(isHostCharacter) else { return nil }
        }
        let rest = authority[host.endIndex...]
        if rest.isEmpty { return (host.lowercased(), nil) }
        guard rest.hasPrefix(":"), rest.dropFirst().utf8.allSatisfy(isDigit), let port = Int(rest.dropFirst()),
            (1...65_535).contains(port)
        else { return nil }
        return (host.lowercased(), port)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || "-._".utf8.contains(byte)
    }

    /// Those of RFC 3986 but `#`.
    private static func isURLCharacter(_ byte: UInt8) -> Bool {
        isHostCharacter(byte) || "~:/?[]@!$&'()*+,;=%".utf8.contains(byte)
    }
}

/// Why a URL takes no webhooks.
package struct WebhookURLError: Error, Equatable {
    /// Completes "the URL must be …".
    package let allowed: String

    package init(_ allowed: String) {
        self.allowed = allowed
    }
}
