import Penstock
import Testing

extension LedgerConformance {
    static let batchRows = [
        LedgerCheck("a batch's counts, usage and cost come from its rows", batchSummary),
        LedgerCheck("rows of a batch are in the order of lines, by kind", batchRowOrder),
        LedgerCheck("output bytes are the bytes of the lines", batchOutputBytes),
        LedgerCheck("pages of lines end by their bytes", pagesByBytes),
        LedgerCheck("before large answers are read it is asked whether they may be", answersAdmitted),
        LedgerCheck("a batch of 50 000 lines", largeBatch),
    ]

    private static let batch = BatchID("batch_r")

    private struct NoRoom: Error {}

    private static func answersAdmitted(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let body = "{\"a\":\"\(String(repeating: "x", count: 9 << 20))\"}"
        let lines = [Sample.line(batch, 1), Sample.line(batch, 2)]
        _ = try await ledger.decide([Sample.succeeded(lines[0], body: body), Sample.succeeded(lines[1])])
        let refusing = AnswerAdmission { bytes in
            // A ledger that keeps them in parts knows the least that they have.
            #expect(bytes > 8 << 20 && bytes < body.utf8.count + 100)
            throw NoRoom()
        }
        await #expect(throws: AnswersNotAdmitted.self) { try await ledger.terminalRow(of: lines[0].id, refusing) }
        await #expect(throws: AnswersNotAdmitted.self) {
            try await ledger.rows(of: batch, .output, afterLine: 0, PageBounds(limit: 5, admission: refusing))
        }
        #expect(try await ledger.terminalRow(of: lines[1].id, refusing) != nil, "a small one")
        let admitted = try await ledger.terminalRow(of: lines[0].id, AnswerAdmission { _ in })
        #expect(admitted?.response?.body.count == body.utf8.count)
    }

    /// Line 1 succeeded, 2 failed, 3 expired, 4 cancelled, and so on; another batch has lines as well.
    private static func fill(_ ledger: any Ledger, lines: Int) async throws -> [TerminalRow] {
        let states = TerminalState.allCases
        let rows = (1...lines).map { number in
            let job = Sample.line(batch, number)
            let state = states[(number - 1) % states.count]
            return state == .succeeded ? Sample.succeeded(job) : Sample.ended(job, state)
        }
        for start in stride(from: 0, to: lines, by: 5000) {
            _ = try await ledger.decide(Array(rows[start..<min(start + 5000, lines)]))
        }
        let neighbours = ["batch_r1", "batch_r_1", "batch_q"].map { Sample.line(BatchID($0), 1) }
        for job in neighbours {
            _ = try await ledger.record(
                Completion(attempt: Sample.attempt(of: job), terminal: Sample.succeeded(job))
            )
        }
        return rows
    }

    private static func batchSummary(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let empty = BatchSummary(counts: BatchCounts(), usage: .zero, cost: Nanodollars(0), unknownCosts: 0)
        #expect(try await ledger.summary(of: batch) == empty)
        let rows = try await fill(ledger, lines: 10)
        for row in rows.prefix(2) {
            let job = Sample.line(batch, row.line?.number ?? 0)
            for attempt in [Sample.attempt(of: job), Sample.attempt(of: job, outcome: .unknown, usage: nil, cost: nil)]
            {
                _ = try await ledger.record(Completion(attempt: attempt, terminal: nil))
            }
        }
        let counts = BatchCounts(succeeded: 3, failed: 3, expired: 2, cancelled: 2)
        #expect(try await ledger.counts(of: batch) == counts)
        let usage = Usage(input: 20, cachedInput: 8, cacheWrite: 6, output: 10, reasoning: 4)
        let summary = BatchSummary(counts: counts, usage: usage, cost: Nanodollars(1400), unknownCosts: 2)
        #expect(try await ledger.summary(of: batch) == summary)
    }

    private static func batchRowOrder(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let rows = try await fill(ledger, lines: 24)
        let succeeded = rows.filter { $0.state == .succeeded }
        let others = rows.filter { $0.state != .succeeded }
        #expect(try await ledger.rows(of: batch, .output, afterLine: 0, limit: 100) == succeeded)
        #expect(try await ledger.rows(of: batch, .errors, afterLine: 0, limit: 100) == others)
        let results = try await ledger.results(of: batch, .output, afterLine: 0, limit: 100)
        #expect(results == succeeded.compactMap(\.result))
        let errors = try await ledger.results(of: batch, .errors, afterLine: 10, limit: 3)
        #expect(errors == others.filter { ($0.line?.number ?? 0) > 10 }.prefix(3).compactMap(\.result))
        let page = try await ledger.rows(of: batch, .errors, afterLine: 10, limit: 3)
        #expect(page.map(\.line?.number) == [11, 12, 14])
        #expect(try await ledger.finishedLines(of: batch, in: 3...5) == [3, 4, 5])
        #expect(try await ledger.finishedLines(of: batch, in: 23...30) == [23, 24])
        #expect(try await ledger.finishedLines(of: BatchID("batch_none"), in: 1...9) == [])
    }

    /// A page ends with the row whose answer reaches the bytes, and the next one goes on from there.
    private static func pagesByBytes(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let rows = try await fill(ledger, lines: 24).filter { $0.state == .succeeded }
        let size = try #require(rows.first).answerBytes
        #expect(size > 0 && rows.allSatisfy { $0.answerBytes == size })
        for (bytes, count) in [(1, 1), (size, 1), (size + 1, 2), (3 * size, 3), (.max, 6)] {
            let bounds = PageBounds(limit: 100, bytes: bytes)
            let page = try await ledger.rows(of: batch, .output, afterLine: 0, bounds)
            #expect(page == Array(rows.prefix(count)))
            #expect(bounds.isReached(by: page) == (bytes != .max))
            let results = try await ledger.results(of: batch, .output, afterLine: 0, bounds)
            #expect(results == page.compactMap(\.result))
        }
        var found: [TerminalRow] = []
        while true {
            let last = found.last?.line?.number ?? 0
            let bounds = PageBounds(limit: 100, bytes: 2 * size)
            let page = try await ledger.rows(of: batch, .output, afterLine: last, bounds)
            if page.isEmpty { break }
            found += page
        }
        #expect(found == rows)
    }

    private static func batchOutputBytes(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let rows = try await fill(ledger, lines: 9)
        for kind in RowKind.allCases {
            let bytes = rows.filter { $0.kind == kind }.reduce(0) { $0 + ($1.result?.outputLine().count ?? 0) + 1 }
            #expect(try await ledger.outputBytes(of: batch, kind) == Int64(bytes))
        }
        #expect(try await ledger.outputBytes(of: BatchID("batch_none"), .output) == 0)
    }

    private static func largeBatch(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let rows = try await fill(ledger, lines: 50_000)
        #expect(
            try await ledger.counts(of: batch)
                == BatchCounts(succeeded: 12_500, failed: 12_500, expired: 12_500, cancelled: 12_500)
        )
        #expect(try await ledger.finishedLines(of: batch, in: 1...50_000).count == 50_000)
        let page = try await ledger.rows(of: batch, .output, afterLine: 40_000, limit: 2)
        #expect(page == [rows[40_000], rows[40_004]])
    }
}
