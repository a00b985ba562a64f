import JSON

/// Reads the members of a JSON object strictly; every refusal names the member.
struct JSONFields {
    let object: JSONValue
    private let path: String

    /// The object of a whole request body.
    ///
    /// - Throws: 400.
    init(body: [UInt8]) throws {
        let root = try JSONDocument(parsing: body, limits: JSONLimits(maxBytes: body.count)).root
        guard root.kind == .object else {
            throw APIError.badRequest("The body must be a JSON object.", param: nil, code: "invalid_type")
        }
        try self.init(root, path: "")
    }

    /// - Parameter path: The member that the object is, with a dot at its end.
    init(_ object: JSONValue, path: String) throws {
        self.object = object
        self.path = path
        if let key = object.duplicateKey {
            throw APIError.badRequest("The key stands there twice.", param: path + key, code: "duplicate_key")
        }
    }

    /// - Throws: 400 for any other member.
    func allowOnly(_ names: [String]) throws {
        for (key, _) in object.members where !names.contains(key) {
            throw APIError.badRequest(
                "Unknown field. Known are \(names.joined(separator: ", ")).",
                param: path + key,
                code: "unknown_field"
            )
        }
    }

    /// A member; nil when it is missing or null.
    func value(_ name: String) -> JSONValue? {
        object[name].flatMap { $0.isNull ? nil : $0 }
    }

    /// - Throws: 400 unless the member is a text of `length` bytes, without NUL; nil when it is missing or null.
    func text(_ name: String, length: ClosedRange<Int> = 1...256) throws -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string, length.contains(text.utf8.count), !text.utf8.contains(0) else {
            throw wrong(name, "a text of \(length.lowerBound) to \(length.upperBound) bytes")
        }
        return text
    }

    func requiredText(_ name: String, length: ClosedRange<Int> = 1...256) throws -> String {
        guard let text = try text(name, length: length) else { throw missing(name) }
        return text
    }

    func flag(_ name: String) throws -> Bool? {
        guard let value = value(name) else { return nil }
        guard let flag = value.bool else { throw wrong(name, "true or false") }
        return flag
    }

    func int(_ name: String, in range: ClosedRange<Int64>) throws -> Int64? {
        guard let value = value(name) else { return nil }
        guard let number = value.int64, range.contains(number) else {
            throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, of: Choice.Type = Choice.self) throws
        -> Choice? where Choice.RawValue == String
    {
        guard let value = value(name) else { return nil }
        guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
            throw wrong(name, "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// A member that is an object.
    func fields(_ name: String) throws -> JSONFields? {
        guard let value = value(name) else { return nil }
        guard value.kind == .object else { throw wrong(name, "an object") }
        return try JSONFields(value, path: "\(path)\(name).")
    }

    func missing(_ name: String) -> APIError {
        .badRequest("`\(path)\(name)` is missing.", param: path + name, code: "missing_required_parameter")
    }

    /// - Parameter allowed: completes "`field` must be …".
    func wrong(_ name: String, _ allowed: String, code: String = "invalid_value") -> APIError {
        .badRequest("`\(path)\(name)` must be \(allowed).", param: path + name, code: code)
    }
}
