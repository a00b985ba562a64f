import JSON
import Penstock

/// The values of one call that travel around jq, byte by byte: what an adapter declares opaque, and numbers that a
/// double would change. In their places jq sees placeholders, which nobody outside this call can know.
struct OpaqueValues {
    private static let limits = JSONLimits(maxDepth: 250, maxBytes: 128 << 20)
    private static let textSuffix = Array(AdapterSource.textSuffix.utf8)
    private static let quote = UInt8(ascii: "\"")

    /// Begins this call's placeholders; a number and perhaps the text suffix follow.
    private let prefix = Array((AdapterSource.placeholderPrefix + IDGenerator.secret(bytes: 16) + "-").utf8)
    private var kept: [[UInt8]] = []

    /// The document with placeholders.
    ///
    /// - Throws: when what should be JSON text is none.
    mutating func replace(in document: JSONDocument, _ paths: OpaquePaths) throws(OpaqueError) -> [UInt8] {
        var edits: [(value: JSONValue, bytes: [UInt8])] = []
        try visit(document.root, paths, &edits)
        return edits.isEmpty ? document.bytes : document.replacing(edits)
    }

    /// jq's output with the values in the placeholders' stead.
    ///
    /// - Throws: when a placeholder stands where no value can.
    func restore(in output: [UInt8]) throws(OpaqueError) -> [UInt8] {
        guard !kept.isEmpty else { return output }
        guard let document = try? JSONDocument(parsing: output, limits: Self.limits) else { throw .misplaced }
        var edits: [(value: JSONValue, bytes: [UInt8])] = []
        collect(document.root, &edits)
        // One inside a longer text, or as a key, would go out as what it is.
        guard edits.count == Self.occurrences(of: prefix, in: output) else { throw .misplaced }
        return document.replacing(edits)
    }

    private mutating func visit(
        _ value: JSONValue,
        _ paths: OpaquePaths?,
        _ edits: inout [(value: JSONValue, bytes: [UInt8])]
    ) throws(OpaqueError) {
        if let form = paths?.form, let bytes = try Self.opaqueBytes(value, form) {
            edits.append((value, placeholder(for: bytes)))
            return
        }
        switch value.kind {
        case .object:
            for (key, member) in value.members { try visit(member, paths?.members[key], &edits) }
        case .array:
            let inner = paths?.elements
            for element in value.elements { try visit(element, inner, &edits) }
        case .number where paths?.form != .plain && !NumberText.survivesDouble(value.rawBytes):
            edits.append((value, placeholder(for: Array(value.rawBytes))))
        default: break
        }
    }

    /// - Returns: nil for what adapters have to see: a null, and an empty text, which some callers send for no JSON.
    private static func opaqueBytes(_ value: JSONValue, _ form: OpaquePaths.Form) throws(OpaqueError) -> [UInt8]? {
        guard !value.isNull, form != .plain else { return nil }
        guard form == .text else { return Array(value.rawBytes) }
        guard let text = value.string, !text.isEmpty else { return nil }
        let bytes = Array(text.utf8)
        do {
            _ = try JSONDocument(parsing: bytes)
        } catch {
            throw .noJSON
        }
        return bytes
    }

    private mutating func placeholder(for bytes: [UInt8]) -> [UInt8] {
        kept.append(bytes)
        return [Self.quote] + prefix + Array("\(kept.count - 1)".utf8) + [Self.quote]
    }

    private func collect(_ value: JSONValue, _ edits: inout [(value: JSONValue, bytes: [UInt8])]) {
        switch value.kind {
        case .object: for (_, member) in value.members { collect(member, &edits) }
        case .array: for element in value.elements { collect(element, &edits) }
        case .string: if let bytes = original(of: value.rawBytes) { edits.append((value, bytes)) }
        default: break
        }
    }

    /// What a string with its quotes is the placeholder of; nil when it is none.
    private func original(of string: ArraySlice<UInt8>) -> [UInt8]? {
        var rest = string.dropFirst().dropLast()
        guard rest.starts(with: prefix) else { return nil }
        rest = rest.dropFirst(prefix.count)
        let isText = rest.suffix(Self.textSuffix.count).elementsEqual(Self.textSuffix)
        if isText { rest = rest.dropLast(Self.textSuffix.count) }
        guard let index = Int(String(decoding: rest, as: UTF8.self)), kept.indices.contains(index) else { return nil }
        guard isText else { return kept[index] }
        var writer = JSONWriter()
        writer.string(String(decoding: kept[index], as: UTF8.self))
        return writer.bytes
    }

    private static func occurrences(of pattern: [UInt8], in bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { bytes in
            var count = 0
            var rest = bytes[...]
            while rest.count >= pattern.count, let start = rest.firstIndex(of: pattern[0]) {
                rest = rest[start...]
                let isThere = rest.starts(with: pattern)
                if isThere { count += 1 }
                rest = rest.dropFirst(isThere ? pattern.count : 1)
            }
            return count
        }
    }
}

/// Why values cannot travel around jq.
enum OpaqueError: Error, Equatable {
    /// A text that has to be JSON is not.
    case noJSON
    /// The adapter put a placeholder into a text, or made a key of it.
    case misplaced
}
