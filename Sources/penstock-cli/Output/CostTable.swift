import JSON

/// Rows of costs with their sum. Pure.
enum CostTable {
    static func table(_ rows: [JSONValue], total: JSONValue?, by grouping: String) -> Table {
        let columns: [Table.Column] = [
            .flexible(grouping.uppercased()), .number("CALLS"), .number("INPUT"), .number("CACHED"),
            .number("OUTPUT"), .number("REASONING"), .number("COST"), .number("UNKNOWN"),
        ]
        var lines = rows.map { cells($0, name: name(of: $0), style: nil) }
        // One row is its own sum.
        if let total, rows.count != 1 { lines.append(cells(total, name: "total", style: .strong)) }
        return Table(columns, rows: lines)
    }

    /// Calls without a tag, for example, have no name.
    private static func name(of row: JSONValue) -> String {
        row.text("key").flatMap { $0.isEmpty ? nil : $0 } ?? "(none)"
    }

    private static func cells(_ row: JSONValue, name: String, style: Style?) -> [Table.Cell] {
        let counts = ["calls", "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens"]
        let unknown = row.cost.unknownCalls
        return [Table.Cell(name, style: style)]
            + counts.map { Table.Cell(row.int($0)?.grouped, style: style) }
            + [
                Table.Cell(row.cost.known?.text ?? "unknown", style: style),
                Table.Cell(unknown.grouped, style: unknown > 0 ? .caution : style),
            ]
    }
}
