package import JSON

/// What must hold for every input, whatever it is.
package enum Invariants {
    /// Checks all of them.
    ///
    /// - Returns: the first violated one in words, or nil.
    package static func violation(of bytes: [UInt8], using random: inout SplitMix64) -> String? {
        let whole = verdict(of: [bytes[...]])
        guard whole == verdict(of: randomChunks(of: bytes, using: &random)) else { return "chunks change the verdict" }
        guard whole == nil, let document = try? JSONDocument(parsing: bytes) else { return nil }
        guard document.replacing(document.root, with: Array(document.root.rawBytes)) == bytes else {
            return "an identical replacement changes bytes"
        }
        return roundTripViolation(of: document.root) ?? editViolation(of: document)
    }

    /// The error of a scanner that is given these chunks, or nil if it accepts them.
    package static func verdict(of chunks: [ArraySlice<UInt8>]) -> JSONError? {
        var scanner = JSONScanner()
        do throws(JSONError) {
            for chunk in chunks { try scanner.consume(chunk) }
            try scanner.finish()
            return nil
        } catch {
            return error
        }
    }

    /// `bytes` cut at random places, empty chunks included.
    package static func randomChunks(of bytes: [UInt8], using random: inout SplitMix64) -> [ArraySlice<UInt8>] {
        var chunks: [ArraySlice<UInt8>] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 0...12, using: &random))
            chunks.append(bytes[start..<end])
            start = end
        }
        return chunks
    }

    /// Writes a value again from what the accessors say.
    package static func write(_ value: JSONValue, to writer: inout JSONWriter) {
        switch value.kind {
        case .object:
            writer.object { writer in
                for (key, value) in value.members {
                    writer.key(key)
                    write(value, to: &writer)
                }
            }
        case .array:
            writer.array { writer in
                for element in value.elements { write(element, to: &writer) }
            }
        case .string: writer.string(value.string ?? "")
        case .bool: writer.bool(value.bool ?? false)
        case .null: writer.null()
        case .number: writer.number(text: String(decoding: value.rawBytes, as: UTF8.self))
        }
    }

    private static func roundTripViolation(of root: JSONValue) -> String? {
        var first = JSONWriter()
        write(root, to: &first)
        guard !first.bytes.contains(where: { $0 < 0x20 }) else { return "the writer broke the line" }
        guard let again = try? JSONDocument(parsing: first.bytes) else { return "the writer's output is refused" }
        var second = JSONWriter()
        write(again.root, to: &second)
        return first.bytes == second.bytes ? nil : "the round trip changes values"
    }

    private static func editViolation(of document: JSONDocument) -> String? {
        guard document.root.kind == .object else { return nil }
        for key in Set(document.root.members.map(\.key)).union(["added"]) {
            guard let removed = try? JSONDocument(parsing: document.removingMember(key)), removed.root[key] == nil
            else {
                return "a removal failed"
            }
            guard let set = try? JSONDocument(parsing: document.settingMember(key, to: [UInt8(ascii: "7")])),
                set.root[key]?.int64 == 7
            else { return "a setting failed" }
        }
        return nil
    }
}
