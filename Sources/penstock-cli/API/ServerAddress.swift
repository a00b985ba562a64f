/// Where the server is: `http://127.0.0.1:8080`, without a slash at the end.
struct ServerAddress: Sendable, Equatable {
    static let standard = "http://127.0.0.1:8080"

    let text: String

    /// - Parameter text: an `http` or `https` URL; a trailing `/v1`, as other clients want it, is taken off.
    /// - Returns: nil when it is no such URL, or carries credentials or a query.
    init?(_ text: String) {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        if text.hasSuffix("/v1") { text.removeLast(3) }
        let scheme = ["http://", "https://"].first { text.hasPrefix($0) }
        guard let scheme, text.utf8.count > scheme.utf8.count,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"@?#\"<>\\".utf8.contains($0) })
        else { return nil }
        self.text = text
    }

    /// - Parameters:
    ///   - path: begins with a slash; its parts are already safe in a URL.
    ///   - query: names and values, to be encoded here.
    func url(_ path: String, query: [(name: String, value: String)] = []) -> String {
        let pairs = query.map { "\(URLText.encoded($0.name))=\(URLText.encoded($0.value))" }
        return text + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }
}

/// Percent encoding.
enum URLText {
    /// All bytes but letters, digits and `-._~` become `%XX`.
    static func encoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            if isPlain || "-._~".utf8.contains(byte) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "%" + String(byte, radix: 16, uppercase: true).leftPadded(to: 2, with: "0")
            }
        }
    }
}
