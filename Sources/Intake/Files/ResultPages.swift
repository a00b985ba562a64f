import JSON
import NIOCore
import Penstock

/// A batch's results of one kind as JSON Lines, a page at a time, in the order of their requests.
struct ResultPages {
    private static let linesPerPage = 500

    private let batch: BatchID
    private let kind: RowKind
    private let ledger: any BatchLedger
    private let write: (BatchResult, inout JSONWriter) -> Void
    private var lastLine = 0

    /// - Parameter write: writes one result as one JSON value.
    init(
        of batch: BatchID,
        _ kind: RowKind,
        from ledger: any BatchLedger,
        write: @escaping (BatchResult, inout JSONWriter) -> Void
    ) {
        self.batch = batch
        self.kind = kind
        self.ledger = ledger
        self.write = write
    }

    /// The next page; nil after the last.
    mutating func next() async throws -> ByteBuffer? {
        let results = try await ledger.results(of: batch, kind, afterLine: lastLine, limit: Self.linesPerPage)
        guard let last = results.last else { return nil }
        lastLine = last.line.number
        var lines = JSONWriter()
        lines.reserve(results.reduce(0) { $0 + 256 + ($1.response?.body.count ?? 0) })
        for result in results {
            write(result, &lines)
            lines.endLine()
        }
        return ByteBuffer(bytes: lines.bytes)
    }
}
