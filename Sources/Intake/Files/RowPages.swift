import NIOCore
import Penstock

/// A batch's rows of one kind as lines, a page at a time, in the order of their requests. The next page is read while
/// the last one is written out.
struct RowPages: Sendable {
    private static let rowsPerPage = 500

    private let batch: BatchID
    private let kind: RowKind
    private let ledger: any BatchLedger
    /// One row as a line, without the line feed.
    private let line: @Sendable (TerminalRow) -> [UInt8]
    private var upcoming: Task<Page?, any Error>?

    private struct Page: Sendable {
        let text: ByteBuffer
        let lastLine: Int
    }

    init(
        of batch: BatchID,
        _ kind: RowKind,
        from ledger: any BatchLedger,
        line: @escaping @Sendable (TerminalRow) -> [UInt8]
    ) {
        self.batch = batch
        self.kind = kind
        self.ledger = ledger
        self.line = line
        upcoming = read(after: 0)
    }

    /// The next page; nil after the last.
    mutating func next() async throws -> ByteBuffer? {
        guard let page = try await upcoming?.value else {
            upcoming = nil
            return nil
        }
        upcoming = read(after: page.lastLine)
        return page.text
    }

    /// Not cancelled with its caller: it is one short read, whose page is then dropped.
    private func read(after lastLine: Int) -> Task<Page?, any Error> {
        Task { [batch, kind, ledger, line] in
            let rows = try await ledger.rows(of: batch, kind, afterLine: lastLine, limit: Self.rowsPerPage)
            guard let last = rows.last?.line?.number else { return nil }
            var text = ByteBuffer()
            for row in rows {
                text.writeBytes(line(row))
                text.writeInteger(UInt8(ascii: "\n"))
            }
            return Page(text: text, lastLine: last)
        }
    }
}
