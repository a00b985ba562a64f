import NIOCore
import Penstock

/// A batch's rows of one kind as lines, a page at a time, in the order of their requests.
struct RowPages: Sendable {
    private static let rowsPerPage = 200

    let batch: BatchID
    let kind: RowKind
    let ledger: any BatchLedger
    /// One row as a line, without the line feed.
    let line: @Sendable (TerminalRow) -> [UInt8]
    private var lastLine = 0

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
    }

    /// The next page; nil after the last.
    mutating func next() async throws -> ByteBuffer? {
        let rows = try await ledger.rows(of: batch, kind, afterLine: lastLine, limit: Self.rowsPerPage)
        guard let last = rows.last?.line?.number else { return nil }
        lastLine = last
        var buffer = ByteBuffer()
        for row in rows {
            buffer.writeBytes(line(row))
            buffer.writeInteger(UInt8(ascii: "\n"))
        }
        return buffer
    }
}
