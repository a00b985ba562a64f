/// Which headers of callers are passed on to providers: those of the API that a request speaks.
package struct HeaderRules: Sendable, Equatable {
    /// Most bytes of names and values together.
    package static let maxBytes = 2048

    /// In lower case, with requests for `/v1/messages`.
    package var anthropic: [String]
    /// In lower case, with all other requests.
    package var openAI: [String]

    package init(anthropic: [String] = [beta], openAI: [String] = ["openai-beta"]) {
        self.anthropic = anthropic
        self.openAI = openAI
    }

    private static let providers = ["anthropic-", "openai-", "x-goog-"]
    /// What Penstock reads itself.
    private static let own: Set = ["anthropic-version"]
    private static let beta = "anthropic-beta"
    /// Begins the betas that Penstock itself serves; what it asks a provider for is no batch.
    private static let servedBeta = "message-batches-"

    /// Takes what is passed on with requests for an endpoint.
    ///
    /// - Parameter value: a header's value by its name in lower case.
    /// - Throws: `header_not_supported` for a header of the other API, `headers_too_large`, `invalid_header`.
    package func passed(at endpoint: Endpoint, _ value: (String) -> String?) throws(RequestRefusal) -> ProviderHeaders {
        let (names, others) = endpoint == .messages ? (anthropic, openAI) : (openAI, anthropic)
        let foreign = Self.take(others.filter { !names.contains($0) }, value)
        guard foreign.isEmpty else { throw foreign.refusal("\(endpoint.rawValue) is of another API.") }
        let headers = Self.take(names, value)
        try Self.checkBounds(headers)
        return headers
    }

    /// Whether a header, by its name in lower case, is meant for a provider and is passed on with no request.
    package func leavesOut(_ name: String) -> Bool {
        Self.providers.contains(where: name.hasPrefix) && !Self.own.contains(name) && !anthropic.contains(name)
            && !openAI.contains(name)
    }

    private static func take(_ names: [String], _ value: (String) -> String?) -> ProviderHeaders {
        var values: [String: String] = [:]
        for name in names {
            guard let value = value(name), !value.isEmpty else { continue }
            values[name] = name == beta ? unserved(value) : value
        }
        return ProviderHeaders(values)
    }

    /// Betas as they came, unless they name what Penstock serves; nil where nothing is left.
    private static func unserved(_ value: String) -> String? {
        guard value.contains(servedBeta) else { return value }
        let parts = value.split(separator: ",").map { $0.drop { $0 == " " } }
        let rest = parts.filter { !$0.hasPrefix(servedBeta) }
        return rest.isEmpty ? nil : rest.joined(separator: ",")
    }

    private static func checkBounds(_ headers: ProviderHeaders) throws(RequestRefusal) {
        for (name, value) in headers.fields where !value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
            throw RequestRefusal(
                code: "invalid_header",
                message: "The header `\(name)` may have printable ASCII characters only.",
                param: name
            )
        }
        guard headers.fields.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count }) <= maxBytes else {
            throw RequestRefusal(
                code: "headers_too_large",
                message: "The headers for the provider may have at most \(maxBytes) bytes.",
                param: headers.fields.first?.name
            )
        }
    }
}

extension HeaderRules {
    private static let secret = ["auth", "cookie", "credential", "key", "secret", "token"]
    private static let reservedPrefixes = [
        "accept", "content-", "if-", "penstock-", "proxy-", "sec-", "x-forwarded-", "x-stainless-",
    ]
    /// Of one connection or message, or of what Penstock and providers tell each other.
    private static let reserved: Set = [
        "connection", "date", "expect", "forwarded", "host", "keep-alive", "last-event-id", "origin", "range",
        "referer", "request-id", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via", "x-request-id",
    ]

    /// - Parameter name: in lower case.
    /// - Returns: why a header cannot be passed on, as the end of a sentence; nil when it can.
    package static func objection(to name: String) -> String? {
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isName, (1...64).contains(name.utf8.count) else { return "is no header's name" }
        if secret.contains(where: name.contains) { return "may carry a credential" }
        if own.contains(name) || reserved.contains(name) || reservedPrefixes.contains(where: name.hasPrefix) {
            return "is of the connection, or Penstock's own"
        }
        return nil
    }
}
