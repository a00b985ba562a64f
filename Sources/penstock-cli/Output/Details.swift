/// Names and values under each other, for one object. Pure.
struct Details: Sendable {
    private var rows: [(name: String, cell: Table.Cell)] = []

    /// Adds a row; nil adds none.
    mutating func add(_ name: String, _ value: String?, style: Style? = nil) {
        guard let value else { return }
        rows.append((name, Table.Cell(value, style: style)))
    }

    func lines(colour: Bool) -> [String] {
        let width = rows.reduce(0) { max($0, $1.name.columns) } + 2
        return rows.map { row in
            let padding = String(repeating: " ", count: width - row.name.columns)
            let name = Style.paint(row.name, .quiet, colour: colour)
            return name + padding + Style.paint(row.cell.text, row.cell.style, colour: colour)
        }
    }
}

extension TextChannel {
    /// Writes the rows.
    func details(_ details: Details) throws(CLIError) {
        for line in details.lines(colour: terminal.hasColour) { try self.line(line) }
    }
}
