import JSON

/// Makes a JSON value that fits a simple JSON Schema: `type`, `properties`, `required`, `items`, `enum`, `const`, the
/// bounds of numbers, lengths and counts, `anyOf` and `oneOf` (the first alternative) and local `$ref`s. Anything else,
/// such as `pattern`, is ignored.
struct SchemaSample {
    /// Below this depth only what is required is written, so that most recursive schemas come to an end.
    private static let plainDepth = 6
    /// Below this depth everything is null: a recursion that the schema requires has no finite answer.
    private static let lastDepth = 24
    /// After so many values everything is null: a small schema can ask for a value of any size.
    private static let maxValues = 10_000

    private let root: JSONValue
    private let dice: Dice
    private var position = 0
    private var values = 0
    private var writer = JSONWriter()

    /// The text of a fitting value.
    static func text(of schema: JSONValue, dice: Dice) -> String {
        var sample = SchemaSample(root: schema, dice: dice.dice(for: .schema))
        sample.value(schema, depth: 0)
        return String(decoding: sample.writer.bytes, as: UTF8.self)
    }

    private init(root: JSONValue, dice: Dice) {
        self.root = root
        self.dice = dice
    }

    private mutating func value(_ schema: JSONValue, depth: Int) {
        values += 1
        guard depth < Self.lastDepth, values <= Self.maxValues else { return writer.null() }
        if let constant = schema["const"] { return writer.raw(constant.rawBytes) }
        if let values = schema["enum"], values.count > 0 { return choice(values) }
        if let target = reference(schema) { return value(target, depth: depth + 1) }
        if let alternative = (schema["anyOf"] ?? schema["oneOf"])?.elements.first(where: { _ in true }) {
            return value(alternative, depth: depth + 1)
        }
        switch type(of: schema) {
        case "object": object(schema, depth: depth)
        case "array": array(schema, depth: depth)
        case "integer": writer.int(integer(schema))
        case "number": number(schema)
        case "boolean": writer.bool(next(below: 2) == 1)
        case "null": writer.null()
        default: writer.string(string(schema))
        }
    }

    private func type(of schema: JSONValue) -> String? {
        guard let type = schema["type"] else { return schema["properties"] == nil ? nil : "object" }
        return type.string ?? type.elements.lazy.compactMap(\.string).first { $0 != "null" }
    }

    private mutating func object(_ schema: JSONValue, depth: Int) {
        let required = Set(schema["required"]?.elements.compactMap(\.string) ?? [])
        writer.beginObject()
        if let properties = schema["properties"] {
            for (key, property) in properties.members where depth < Self.plainDepth || required.contains(key) {
                writer.key(key)
                value(property, depth: depth + 1)
            }
        }
        writer.endObject()
    }

    private mutating func array(_ schema: JSONValue, depth: Int) {
        let least = Int(clamping: schema["minItems"]?.int64 ?? 0)
        let most = Int(clamping: schema["maxItems"]?.int64 ?? Int64(max(least, 3)))
        let usual = depth < Self.plainDepth ? 1 + next(below: 3) : 0
        writer.beginArray()
        if let items = schema["items"] {
            // Nobody asks for more in earnest, and a schema must not be able to fill the memory.
            for _ in 0..<min(64, max(least, min(most, usual))) { value(items, depth: depth + 1) }
        }
        writer.endArray()
    }

    private mutating func choice(_ values: JSONValue) {
        let chosen = next(below: values.count)
        for (index, value) in values.elements.enumerated() where index == chosen { writer.raw(value.rawBytes) }
    }

    private mutating func integer(_ schema: JSONValue) -> Int64 {
        let least = schema["minimum"]?.int64 ?? schema["exclusiveMinimum"]?.int64.map { $0 &+ 1 }
        let most = schema["maximum"]?.int64 ?? schema["exclusiveMaximum"]?.int64.map { $0 &- 1 }
        let from = least ?? min(0, most ?? 0)
        let offset = Int64(next(below: 100))
        let (sum, overflow) = from.addingReportingOverflow(offset)
        return overflow ? from : min(sum, max(from, most ?? .max))
    }

    private mutating func number(_ schema: JSONValue) {
        let least = schema["minimum"]?.double ?? schema["exclusiveMinimum"]?.double
        let most = schema["maximum"]?.double ?? schema["exclusiveMaximum"]?.double
        let from = least ?? most.map { min(0, $0 - 1) } ?? 0
        let to = max(from, most ?? from + 100)
        // Never at a bound, so that exclusive ones hold as well.
        let value = from + (to - from) * Double(1 + next(below: 98)) / 100
        writer.number(text: value.isFinite ? "\(value)" : "0")
    }

    private mutating func string(_ schema: JSONValue) -> String {
        let least = Int(clamping: schema["minLength"]?.int64 ?? 0)
        let most = Int(clamping: schema["maxLength"]?.int64 ?? 4096)
        var text = AnswerText.words(3, Dice(seed: dice.seed &+ UInt64(next(below: 1000))))
        if text.count < least { text += String(repeating: "x", count: min(4096, least) - text.count) }
        return String(text.prefix(max(0, most)))
    }

    /// The schema that a `$ref` such as `#/$defs/Address` names.
    private func reference(_ schema: JSONValue) -> JSONValue? {
        guard let path = schema["$ref"]?.string, path.hasPrefix("#") else { return nil }
        return path.dropFirst().split(separator: "/").reduce(Optional(root)) { value, key in value?[String(key)] }
    }

    private mutating func next(below bound: Int) -> Int {
        position += 1
        return dice.number(below: bound, at: position)
    }
}
