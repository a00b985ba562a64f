import Glibc
import JSON

/// What one scenario found, in the order in which it is printed.
struct Figures: Sendable {
    enum Value: Sendable {
        case number(Double)
        case text(String)
        case bool(Bool)
    }

    let name: String
    private var rows: [(key: String, value: Value)] = []

    init(_ name: String) {
        self.name = name
    }

    mutating func add(_ key: String, _ value: Double, digits: Int = 3) {
        let scale = pow(10, Double(digits))
        rows.append((key, .number((value * scale).rounded() / scale)))
    }

    mutating func add(_ key: String, _ value: Int) {
        rows.append((key, .number(Double(value))))
    }

    mutating func add(_ key: String, _ text: String) {
        rows.append((key, .text(text)))
    }

    /// Ends the line: what was asked, and whether it holds. Without it there is nothing to miss.
    mutating func judge(_ bar: String, _ holds: Bool) {
        add("bar", bar)
        rows.append(("holds", .bool(holds)))
    }

    var holds: Bool {
        for case ("holds", .bool(let holds)) in rows { return holds }
        return true
    }

    /// One line of JSON.
    var line: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("benchmark", "scheduling.\(name)")
            for (key, value) in rows {
                switch value {
                case .number(let number): writer.key(key); writer.number(text: Self.text(number))
                case .text(let text): writer.member(key, text)
                case .bool(let bool): writer.member(key, bool)
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func text(_ number: Double) -> String {
        guard number.isFinite else { return "null" }
        return number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
    }
}
