/// Puts a script together of an operation and the pieces of the library that it uses, and finds the keys that it needs.
///
/// All that stands in a script is made anew by every call of it, so what is not used would still cost. A library file is
/// a row of pieces, each of which begins with `local` at the left margin and defines what stands behind it. Constants —
/// numbers and texts with names in capitals, and keys — are put where their names are, which costs nothing at all.
struct ScriptLinker {
    private struct Piece {
        let text: String
        let names: [String]
        let uses: Set<String>
        /// The values by name, where the piece is nothing else.
        let constants: [String: String]
    }

    private let pieces: [Piece]
    /// Names of keys as the scripts know them, in the order of `PoolKeys`.
    private let keyNames: [String]

    /// - Parameter library: its files, in an order in which each uses only what is before it.
    init(library: [[UInt8]], keyNames: [String]) {
        pieces = library.flatMap { Self.pieces(of: Self.code(of: $0)) }
        self.keyNames = keyNames
    }

    /// - Returns: the script and the places of the keys that it needs.
    func link(_ operation: [UInt8]) -> (source: String, keys: [Int]) {
        let body = Self.code(of: operation).joined(separator: "\n")
        var parts = [body]
        var used = LuaTokens.names(in: body)
        var constants: [String: String] = [:]
        for piece in pieces.reversed() where !used.isDisjoint(with: piece.names) {
            used.formUnion(piece.uses)
            if piece.constants.isEmpty { parts.append(piece.text) } else { constants.merge(piece.constants) { $1 } }
        }
        let keys = keyNames.indices.filter { used.contains(keyNames[$0]) }
        for (place, key) in keys.enumerated() { constants[keyNames[key]] = "KEYS[\(place + 1)]" }
        let text = parts.reversed().joined(separator: "\n")
        return (LuaTokens.replace(resolved(constants), in: text), keys)
    }

    /// Constants may be made of others.
    private func resolved(_ constants: [String: String]) -> [String: String] {
        constants.mapValues { value in
            var value = value
            while true {
                let next = LuaTokens.replace(constants, in: value)
                if next == value { return value }
                value = next
            }
        }
    }

    /// Lines without those that are only comment.
    private static func code(of file: [UInt8]) -> [Substring] {
        String(decoding: file, as: UTF8.self).split(separator: "\n").filter { line in
            let text = line.drop { $0 == " " }
            return !text.isEmpty && !text.hasPrefix("--")
        }
    }

    private static func pieces(of lines: [Substring]) -> [Piece] {
        var groups: [[Substring]] = []
        for line in lines {
            if line.hasPrefix("local ") || groups.isEmpty { groups.append([]) }
            groups[groups.count - 1].append(line)
        }
        return groups.map(piece)
    }

    private static func piece(_ lines: [Substring]) -> Piece {
        let text = lines.joined(separator: "\n")
        let head = lines[0].dropFirst("local ".count)
        let function = "function "
        let names =
            head.hasPrefix(function)
            ? [String(head.dropFirst(function.count).prefix { $0 != "(" })]
            : list(head.prefix { $0 != "=" })
        return Piece(
            text: text,
            names: names,
            uses: LuaTokens.names(in: text),
            constants: lines.count == 1 ? constants(names, in: head) : [:]
        )
    }

    private static func constants(_ names: [String], in line: Substring) -> [String: String] {
        let isConstant = names.allSatisfy { $0.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" } }
        var text = line.drop { $0 != "=" }.dropFirst()
        if let comment = text.firstRange(of: " --") { text = text[..<comment.lowerBound] }
        let values = list(text)
        guard isConstant, values.count == names.count, !text.contains(where: { "{}()[]".contains($0) }) else {
            return [:]
        }
        return Dictionary(uniqueKeysWithValues: zip(names, values.map { $0.contains(" ") ? "(\($0))" : $0 }))
    }

    private static func list(_ text: Substring) -> [String] {
        text.split(separator: ",").map { part in
            let start = part.firstIndex { $0 != " " } ?? part.endIndex
            let end = part.lastIndex { $0 != " " } ?? part.startIndex
            return start <= end ? String(part[start...end]) : ""
        }
    }
}

/// The names in Lua text: not those of fields, and nothing in quotes or comments.
private enum LuaTokens {
    static func names(in text: String) -> Set<String> {
        var found: Set<String> = []
        walk(text) { name, _ in
            if let name { found.insert(name) }
        }
        return found
    }

    static func replace(_ values: [String: String], in text: String) -> String {
        var result: [UInt8] = []
        walk(text) { name, bytes in
            if let name, let value = values[name] { result += Array(value.utf8) } else { result += bytes }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Calls `visit` for each part of the text, with the name that it is, if it is one.
    private static func walk(_ text: String, _ visit: (String?, ArraySlice<UInt8>) -> Void) {
        let bytes = Array(text.utf8)
        var at = 0
        while at < bytes.count {
            let end = end(of: bytes, from: at)
            let part = bytes[at..<end]
            let isField = at > 0 && isAccess(bytes, at - 1)
            let isName = isLetter(bytes[at]) && !isDigit(bytes[at]) && !isField
            visit(isName ? String(decoding: part, as: UTF8.self) : nil, part)
            at = end
        }
    }

    /// Whether there is a single `.` or a `:`; two dots join texts.
    private static func isAccess(_ bytes: [UInt8], _ at: Int) -> Bool {
        switch bytes[at] {
        case UInt8(ascii: ":"): true
        case UInt8(ascii: "."): at == 0 || bytes[at - 1] != UInt8(ascii: ".")
        default: false
        }
    }

    private static func end(of bytes: [UInt8], from start: Int) -> Int {
        var at = start + 1
        if isLetter(bytes[start]) {
            while at < bytes.count, isLetter(bytes[at]) { at += 1 }
        } else if bytes[start] == UInt8(ascii: "'") {
            while at < bytes.count, bytes[at] != UInt8(ascii: "'") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
            at = min(at + 1, bytes.count)
        } else if bytes[start] == UInt8(ascii: "-"), at < bytes.count, bytes[at] == UInt8(ascii: "-") {
            while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
        }
        return at
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        default: isDigit(byte)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
