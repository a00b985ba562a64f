/// A table of aligned columns, laid out for a given width. Pure.
struct Table: Sendable {
    /// One column: its title and how it behaves.
    struct Column: Sendable {
        var title: String
        var isRightAligned = false
        /// Whether it may be cut to make the table fit; ids never are.
        var canShrink = false

        static func text(_ title: String) -> Column { Column(title: title) }
        static func number(_ title: String) -> Column { Column(title: title, isRightAligned: true) }
        static func flexible(_ title: String) -> Column { Column(title: title, canShrink: true) }
    }

    /// One cell; its text is made safe to show.
    struct Cell: Sendable, ExpressibleByStringLiteral {
        let text: String
        let style: Style?

        init(_ text: String?, style: Style? = nil) {
            self.text = text.map(\.printable) ?? "-"
            self.style = style
        }

        init(stringLiteral value: String) {
            self.init(value)
        }

        static func state(_ state: String) -> Cell { Cell(state, style: .of(state: state)) }
    }

    private static let gap = 2
    private static let narrowest = 8

    var columns: [Column]
    var rows: [[Cell]] = []

    init(_ columns: [Column], rows: [[Cell]] = []) {
        self.columns = columns
        self.rows = rows
    }

    /// - Parameter width: columns of the terminal; nil to cut nothing.
    func lines(width: Int?, colour: Bool) -> [String] {
        let widths = fitted(naturalWidths, to: width)
        let header = columns.map { Cell($0.title, style: .quiet) }
        return ([header] + rows).map { line(of: $0, widths: widths, colour: colour) }
    }

    private var naturalWidths: [Int] {
        columns.indices.map { index in
            rows.reduce(columns[index].title.columns) { max($0, $1[index].text.columns) }
        }
    }

    /// Takes from the widest column that may shrink until the table fits or none is left to take from.
    private func fitted(_ natural: [Int], to width: Int?) -> [Int] {
        guard let width else { return natural }
        var widths = natural
        var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - width
        while excess > 0 {
            let candidates = columns.indices.filter { columns[$0].canShrink && widths[$0] > Self.narrowest }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func line(of cells: [Cell], widths: [Int], colour: Bool) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let text = cell.text.truncated(to: widths[index])
            let padding = String(repeating: " ", count: widths[index] - text.columns)
            let painted = Style.paint(text, cell.style, colour: colour)
            let isLast = index == cells.count - 1
            line += columns[index].isRightAligned ? padding + painted : painted + (isLast ? "" : padding)
            if !isLast { line += String(repeating: " ", count: Self.gap) }
        }
        return line
    }
}
