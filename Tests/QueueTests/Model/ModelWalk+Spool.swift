import Penstock

@testable import Queue

extension ModelWalk {
    /// A worker whose ledger is away: what its call brought is kept, twice after a lost reply; the lease goes on.
    mutating func spool() async throws -> String {
        guard let lease = anyLease(), let held = model.holds(lease), let entry = model.entries[held.name] else {
            return "nothing"
        }
        let endsJob = Bool.random(using: &random)
        let row = TerminalRow(of: entry.job, state: .succeeded, finishedAt: entry.job.createdAt, attempts: 1)
        let completion = Completion(attempt: nil, terminal: endsJob ? row : nil)
        for _ in 0..<2 {
            let answer = try await fixture.queue.spool(lease, completion)
            expect(answer == (model.spool(lease, endsJob: endsJob) ? .kept : .lost), "spool \(answer)")
        }
        return "spool"
    }

    /// The ledger is back and takes some of it.
    mutating func unspool() async throws -> String {
        var found: [SpooledCompletion] = []
        var cursor: String?
        repeat {
            let page = try await fixture.queue.spooled(after: cursor)
            found += page.entries
            cursor = page.cursor
        } while cursor != nil
        let waiting = model.spool
        expect(Set(found.map(\.entry)) == waiting, "spool \(found.map(\.entry)), model \(waiting)")
        var some: [SpooledCompletion] = []
        for entry in found where Bool.random(using: &random) { some.append(entry) }
        for _ in 0..<2 { try await fixture.queue.unspool(some) }
        model.unspool(some.map(\.entry))
        return some.isEmpty ? "nothing" : "unspool"
    }
}
