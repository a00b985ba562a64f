import Fetch
import JSON

/// A good answer of the server: one JSON object.
struct Answer: Sendable {
    let root: JSONValue
    /// The `Date` header as it came.
    let date: String?

    /// Deep enough for anything a provider returns, and as large as a client accepts.
    private static let limits = JSONLimits(maxDepth: 512, maxBytes: API.maxResponseBytes)

    /// - Throws: `CLIError.unexpectedAnswer` when the body is no JSON object.
    init(_ response: FetchResponse) throws(CLIError) {
        guard let document = try? JSONDocument(parsing: response.body, limits: Self.limits),
            document.root.kind == .object
        else {
            let type = response.headers["content-type"] ?? "no content type"
            throw .unexpectedAnswer(
                "the server's answer (HTTP \(response.status), \(type.printable)) is no JSON object"
            )
        }
        root = document.root
        date = response.headers["date"]
    }

    /// The elements of a list answer.
    ///
    /// - Throws: `CLIError.unexpectedAnswer` when there is no list.
    func list() throws(CLIError) -> [JSONValue] {
        guard let data = root["data"], data.kind == .array else {
            throw .unexpectedAnswer("the server's answer is no list")
        }
        return Array(data.elements)
    }
}

/// Lenient reading of members: null, missing and wrong kinds are nil.
extension JSONValue {
    func text(_ key: String) -> String? { self[key]?.string }

    func int(_ key: String) -> Int? {
        guard let value = self[key] else { return nil }
        return value.int64.flatMap { Int(exactly: $0) } ?? value.double.flatMap { Int(exactly: $0.rounded(.down)) }
    }

    /// The member unless it is null.
    func object(_ key: String) -> JSONValue? {
        self[key].flatMap { $0.kind == .object ? $0 : nil }
    }

    /// The elements of a member; none when it is no list.
    func list(_ key: String) -> [JSONValue] {
        self[key].map { Array($0.elements) } ?? []
    }

    /// A member that must be there.
    ///
    /// - Throws: `CLIError.unexpectedAnswer` naming it.
    func required(_ key: String) throws(CLIError) -> String {
        guard let text = text(key) else { throw .unexpectedAnswer("the server's answer lacks `\(key)`") }
        return text
    }

    /// `cost_usd` and `unknown_costs`.
    var cost: Cost {
        Cost(known: text("cost_usd").flatMap { Dollars($0) }, unknownCalls: int("unknown_costs") ?? 0)
    }

    /// `tags` or `metadata` as `key=value`, comma separated; nil when empty.
    func pairs(_ key: String) -> String? {
        let pairs = object(key)?.members.map { "\($0.key)=\($0.value.string ?? "")" } ?? []
        return pairs.isEmpty ? nil : pairs.joined(separator: ", ")
    }
}
