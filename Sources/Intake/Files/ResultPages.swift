import JSON
import NIOCore
import Penstock

/// A batch's results of one kind as JSON Lines, a page at a time, in the order of their requests.
struct ResultPages {
    /// Bytes of answers after which a page ends.
    static let pageBytes = 1 << 20
    private static let bounds = PageBounds(limit: 500, bytes: pageBytes)
    /// For so long a page that is too large for now is waited for; then the download is broken off.
    private static let patience = Duration.seconds(60)
    private static let pause = Duration.milliseconds(200)

    private let batch: BatchID
    private let kind: RowKind
    private let ledger: any BatchLedger
    private let budget: PieceBudget
    private let write: (BatchResult, inout JSONWriter) -> Void
    private var lastLine = 0

    /// - Parameter write: writes one result as one JSON value.
    init(
        of batch: BatchID,
        _ kind: RowKind,
        from ledger: any BatchLedger,
        budget: PieceBudget,
        write: @escaping (BatchResult, inout JSONWriter) -> Void
    ) {
        self.batch = batch
        self.kind = kind
        self.ledger = ledger
        self.budget = budget
        self.write = write
    }

    /// The next page; nil after the last. Where there is no room for it, it is read again later and not kept meanwhile.
    mutating func next() async throws -> ByteBuffer? {
        let end = ContinuousClock.now.advanced(by: Self.patience)
        while true {
            do {
                return try await read()
            } catch let refusal as APIError {
                guard ContinuousClock.now < end else { throw refusal }
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// - Throws: 429 or 503 when there is no room for the page.
    private mutating func read() async throws -> ByteBuffer? {
        let results = try await ledger.results(of: batch, kind, afterLine: lastLine, Self.bounds)
        guard let last = results.last else { return nil }
        try budget.count(max(Self.pageBytes, results.reduce(0) { $0 + ($1.response?.body.count ?? 0) }))
        lastLine = last.line.number
        return page(results)
    }

    private func page(_ results: [BatchResult]) -> ByteBuffer {
        var lines = JSONWriter()
        lines.reserve(results.reduce(0) { $0 + 256 + ($1.response?.body.count ?? 0) })
        for result in results {
            write(result, &lines)
            lines.endLine()
        }
        return ByteBuffer(bytes: lines.bytes)
    }
}
