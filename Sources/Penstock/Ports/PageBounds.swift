/// How much one page of rows may hold: answers differ in size by six orders of magnitude, so rows alone bound nothing.
package struct PageBounds: Sendable {
    /// Most rows.
    package var limit: Int
    /// The page ends with the row whose answer reaches this many bytes, all answers before it counted; so it has at
    /// least one row, where there is one.
    package var bytes: Int
    /// Asked before the answers are read.
    package var admission: AnswerAdmission

    package init(limit: Int, bytes: Int = .max, admission: AnswerAdmission = .all) {
        self.limit = max(0, limit)
        self.bytes = bytes
        self.admission = admission
    }

    /// Whether a page ends with these rows because of their bytes: more may follow although it has less than `limit`.
    package func isReached(by rows: [TerminalRow]) -> Bool { rows.reduce(0) { $0 + $1.answerBytes } >= bytes }

    /// The rows of a page of these, which were read without regard to bytes.
    package func cut(_ rows: [TerminalRow]) -> [TerminalRow] {
        var gauge = PageGauge(self)
        var page: [TerminalRow] = []
        for row in rows where !gauge.isFull {
            page.append(row)
            gauge.add(row.answerBytes)
        }
        return page
    }
}

/// Measures a page while it is read.
package struct PageGauge: Sendable {
    private var rows: Int
    private var bytes: Int

    /// The page has all that it may hold.
    package var isFull: Bool { rows <= 0 || bytes <= 0 }

    package init(_ bounds: PageBounds) {
        rows = bounds.limit
        bytes = bounds.bytes
    }

    /// Counts a row and the bytes of its answer.
    package mutating func add(_ answer: Int) {
        rows -= 1
        bytes -= answer
    }
}

extension TerminalRow {
    /// What counts against a page's bytes: all else in a row is small.
    package var answerBytes: Int { response?.body.count ?? 0 }
}
