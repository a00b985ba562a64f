/// A header value such as `form-data; name="file"; filename="a.jsonl"`, taken apart.
struct HeaderParameters: Equatable {
    /// The part before the first semicolon, in lower case.
    var value: String
    /// By lower-case name; of a repeated one the first.
    private(set) var parameters: [String: [UInt8]] = [:]

    /// - Returns: nil when a parameter is not well-formed.
    init?(_ bytes: some Collection<UInt8>) {
        var rest = Array(bytes)[...]
        value = String(decoding: Self.trim(Self.take(from: &rest, until: UInt8(ascii: ";"))), as: UTF8.self)
            .lowercased()
        while !rest.isEmpty {
            rest = rest.dropFirst()
            guard let (name, text) = Self.parameter(from: &rest) else { return nil }
            if !name.isEmpty, parameters[name] == nil { parameters[name] = text }
        }
    }

    /// A parameter's bytes as text; nil when it is missing, is not UTF-8 or has a NUL.
    func text(_ name: String) -> String? { parameters[name].flatMap { String(cleanText: $0) } }

    /// One `name=value`, up to the next semicolon, which stays. An empty one is let pass.
    private static func parameter(from rest: inout ArraySlice<UInt8>) -> (String, [UInt8])? {
        let isEnd: (UInt8) -> Bool = { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ";") }
        let nameBytes = rest.prefix { !isEnd($0) }
        rest = rest[nameBytes.endIndex...]
        let name = String(decoding: trim(nameBytes), as: UTF8.self).lowercased()
        guard rest.first == UInt8(ascii: "=") else { return name.isEmpty ? ("", []) : nil }
        rest = rest.dropFirst().drop(while: isBlank)
        guard rest.first == UInt8(ascii: "\"") else {
            return (name, Array(trim(take(from: &rest, until: UInt8(ascii: ";")))))
        }
        guard let text = quoted(from: &rest), trim(rest.prefix { $0 != UInt8(ascii: ";") }).isEmpty else { return nil }
        rest = rest.drop { $0 != UInt8(ascii: ";") }
        return (name, text)
    }

    /// A quoted text. Only `\"` and `\\` are escapes: some clients send backslashes as they are.
    private static func quoted(from rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        var text: [UInt8] = []
        rest = rest.dropFirst()
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return text }
            let isEscape = byte == UInt8(ascii: "\\") && (rest.first == byte || rest.first == UInt8(ascii: "\""))
            text.append(isEscape ? rest.removeFirst() : byte)
        }
        return nil
    }

    private static func take(from rest: inout ArraySlice<UInt8>, until end: UInt8) -> ArraySlice<UInt8> {
        let taken = rest.prefix { $0 != end }
        rest = rest[taken.endIndex...]
        return taken
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop(while: isBlank)
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return bytes
    }
}
