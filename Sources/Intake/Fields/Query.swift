import Penstock

/// The parameters of a URL's query, decoded strictly. Parameters nobody asks for are ignored.
struct Query {
    private var values: [String: String] = [:]
    private var repeated: Set<String> = []

    /// - Throws: 400 for a broken encoding.
    init(_ text: String?) throws {
        for part in (text ?? "").utf8.split(separator: UInt8(ascii: "&")) {
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decoded(pair[0])
            let value = try pair.count == 2 ? Self.decoded(pair[1], of: name) : ""
            if values.updateValue(value, forKey: name) != nil { repeated.insert(name) }
        }
    }

    /// The value of a parameter; nil when it is missing or empty.
    subscript(name: String) -> String? {
        get throws { try value(name).flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// - Throws: 400 for a parameter that is given twice.
    private func value(_ name: String) throws -> String? {
        guard !repeated.contains(name) else {
            throw APIError.badRequest("The parameter is given twice.", param: name)
        }
        return values[name]
    }

    /// - Throws: 400 unless the value is a whole number in `range`.
    func int(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws -> Int {
        guard let text = try value(name) else { return fallback }
        guard let value = Int(text), range.contains(value) else {
            throw APIError.badRequest(
                "`\(name)` is a whole number from \(range.lowerBound) to \(range.upperBound).",
                param: name
            )
        }
        return value
    }

    /// - Throws: 400 unless the value is one of the words of `Choice`.
    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of: Choice.Type = Choice.self) throws
        -> Choice? where Choice.RawValue == String
    {
        guard let text = try self[name] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw APIError.badRequest("`\(name)` is one of \(words).", param: name)
        }
        return choice
    }

    /// - Throws: 400 unless the value is `true` or `false`.
    func flag(_ name: String) throws -> Bool {
        switch try self[name] {
        case nil, "false": return false
        case "true": return true
        default: throw APIError.badRequest("`\(name)` is true or false.", param: name)
        }
    }

    /// An object's id, after which a page begins.
    func cursor() throws -> String? {
        guard let id = try self["after"] else { return nil }
        guard id.utf8.count <= 128 else { throw APIError.badRequest("`after` is not an id.", param: "after") }
        return id
    }

    /// A moment as unix seconds or RFC 3339.
    func time(_ name: String) throws -> Timestamp? {
        guard let text = try self[name] else { return nil }
        guard let time = MomentText.parse(text) else {
            throw APIError.badRequest("`\(name)` is \(MomentText.allowed).", param: name)
        }
        return time
    }

    private static func decoded(_ text: Substring.UTF8View, of name: String? = nil) throws -> String {
        guard let bytes = PercentDecoding.bytes(text, plusIsSpace: true), let text = String(cleanText: bytes) else {
            throw APIError.badRequest("The query is not well encoded.", param: name)
        }
        return text
    }
}
