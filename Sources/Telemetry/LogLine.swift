import Logging

/// Renders one log line: fixed fields first, then metadata by key. Pure but for the errors' own descriptions.
struct LogLine {
    /// The most that a pipe takes in one piece, hence the longest line.
    static let maxBytes = 4096
    private static let maxValueBytes = 1024
    private static let maxDepth = 4
    private static let fixedKeys: Set<String> = ["ts", "level", "role", "pid", "message", "truncated"]
    private static let closing = #","truncated":true}"#.utf8.count + 1

    private var json = JSONText()
    private var isTruncated = false

    init(timestamp: [UInt8], level: Logger.Level, role: String, pid: Int32, message: String) {
        json.raw(#"{"ts":""#)
        json.raw(timestamp)
        json.raw(#"","level":""#)
        json.raw(Array(level.rawValue.utf8))
        json.raw(#"","role":"#)
        json.string(role, limit: 64)
        json.raw(#","pid":"#)
        json.number(Int(pid))
        json.raw(#","message":"#)
        json.string(message, limit: Self.maxValueBytes)
    }

    /// Adds all fields, in the keys' order.
    mutating func add(_ metadata: Logger.Metadata) {
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { add(key, value) }
    }

    /// Adds one field, or marks the line as truncated where it does not fit.
    mutating func add(_ key: String, _ value: Logger.MetadataValue) {
        let before = json.bytes.count
        json.raw(",")
        // A second `level` would hide the first from most readers.
        json.key(Self.fixedKeys.contains(key) ? "field.\(key)" : key)
        append(value, depth: 0)
        guard json.bytes.count + Self.closing > Self.maxBytes else { return }
        json.truncate(to: before)
        isTruncated = true
    }

    /// The whole line with its line feed.
    consuming func finished() -> [UInt8] {
        if isTruncated { json.raw(#","truncated":true"#) }
        json.raw("}\n")
        return json.bytes
    }

    private mutating func append(_ value: Logger.MetadataValue, depth: Int) {
        // Deep or long collections are cut when the line gets too long; this bounds the work before that.
        guard depth < Self.maxDepth, json.bytes.count < Self.maxBytes else { return json.raw(#""…""#) }
        switch value {
        case .string(let text): json.string(text, limit: Self.maxValueBytes)
        case .stringConvertible(let value): append(value)
        case .array(let values): appendList("[", "]", values) { line, value in line.append(value, depth: depth + 1) }
        case .dictionary(let fields):
            appendList("{", "}", fields.sorted { $0.key < $1.key }) { line, field in
                line.json.key(field.key)
                line.append(field.value, depth: depth + 1)
            }
        }
    }

    private mutating func append(_ value: any CustomStringConvertible & Sendable) {
        switch value {
        case let value as Int: json.number(value)
        case let value as Bool: json.raw(value ? "true" : "false")
        case let value as Double where value.isFinite: json.raw(Array(value.description.utf8))
        case let value: json.string(value.description, limit: Self.maxValueBytes)
        }
    }

    private mutating func appendList<Element>(
        _ open: StaticString,
        _ close: StaticString,
        _ elements: [Element],
        _ body: (inout LogLine, Element) -> Void
    ) {
        json.raw(open)
        for (index, element) in elements.enumerated() {
            if index > 0 { json.raw(",") }
            body(&self, element)
        }
        json.raw(close)
    }
}
