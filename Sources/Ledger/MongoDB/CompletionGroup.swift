import Mongo
import Penstock

/// One caller's attempt and terminal row, ready to be written.
struct CompletionDraft: Sendable {
    let attempt: AttemptDocument?
    let row: JobDocument?

    init(_ completion: Completion) {
        attempt = completion.attempt.map { AttemptDocument($0) }
        row = completion.terminal.map { JobDocument($0) }
    }

    init(_ row: TerminalRow) {
        attempt = nil
        self.row = JobDocument(row)
    }

    var bytes: Int { (attempt?.document.byteCount ?? 0) + (row?.bytes ?? 0) }
}

/// Completions of several callers that are written together: attempts first, then rows, then what rows end. Whoever
/// crashes in between repeats all of it.
struct CompletionGroup: ~Copyable {
    typealias Outcome = Result<Decision, any Error>

    private let drafts: [CompletionDraft]
    private var outcomes: [Outcome]

    private init(_ drafts: [CompletionDraft]) {
        self.drafts = drafts
        outcomes = drafts.map { _ in .success(.won) }
    }

    /// Writes the drafts.
    ///
    /// - Returns: in their order, what came of each; a draft that is refused takes no other with it.
    static func commit(_ drafts: [CompletionDraft], _ session: MongoSession) -> [Outcome] {
        var group = CompletionGroup(drafts)
        do {
            try group.putAttempts(session)
            let lost = try group.putRows(session)
            let winners = try group.winners(over: lost, session)
            try group.endAccepted(winners, session)
            group.follow(winners, lost)
            return group.outcomes
        } catch {
            return drafts.map { _ in .failure(error) }
        }
    }

    /// What is known stays: only `unknown` gives way, and only to something known.
    private mutating func putAttempts(_ session: MongoSession) throws {
        let places = drafts.indices.filter { drafts[$0].attempt != nil }
        let attempts = places.compactMap { drafts[$0].attempt }
        for refused in try session.insert(attempts.map(\.document), into: MongoSchema.attempts) {
            guard refused.error.kind == .duplicateKey else {
                outcomes[places[refused.index]] = .failure(refused.error)
                continue
            }
            let attempt = attempts[refused.index]
            guard let unknown = attempt.replaces else { continue }
            _ = try session.replaceOne(unknown, in: MongoSchema.attempts, with: attempt.document)
        }
    }

    /// - Returns: the drafts whose job had a row.
    private mutating func putRows(_ session: MongoSession) throws -> [Int] {
        let places = drafts.indices.filter { drafts[$0].row != nil && !hasFailed($0) }
        let rows = places.compactMap { drafts[$0].row }
        for row in rows { try row.parts?.put(session) }
        var lost: [Int] = []
        for refused in try session.insert(rows.map(\.document), into: MongoSchema.jobs) {
            try rows[refused.index].parts?.remove(session)
            if refused.error.kind == .duplicateKey {
                lost.append(places[refused.index])
            } else {
                outcomes[places[refused.index]] = .failure(refused.error)
            }
        }
        return lost
    }

    /// Also for those that lost: the winner may have died before it came to this.
    private func endAccepted(_ winners: [String: Winner], _ session: MongoSession) throws {
        var endings = Endings()
        for place in drafts.indices {
            guard let row = drafts[place].row, row.isSingle, !hasFailed(place) else { continue }
            let job = row.job.text
            if winners[job]?.isQuarantined ?? row.isQuarantined {
                endings.quarantined.insert(job)
            } else {
                endings.over.insert(job)
            }
        }
        try session.end(endings)
    }

    /// Who decided the jobs of drafts that lost.
    private func winners(over lost: [Int], _ session: MongoSession) throws -> [String: Winner] {
        guard !lost.isEmpty else { return [:] }
        return try Winner.read(lost.compactMap { drafts[$0].row?.job.text }, session)
    }

    /// Whoever comes second follows the winner; one that finds its very own decision repeats it after a lost answer.
    private mutating func follow(_ winners: [String: Winner], _ lost: [Int]) {
        for place in lost {
            guard let row = drafts[place].row, let winner = winners[row.job.text] else { continue }
            let isSame = winner.state == row.state && winner.finishedAt == row.finishedAt
            outcomes[place] = .success(isSame ? .won : .lost(to: winner.state))
        }
    }

    private func hasFailed(_ place: Int) -> Bool {
        if case .failure = outcomes[place] { true } else { false }
    }
}

/// How a job was decided, as far as whoever lost has to know.
private struct Winner {
    let state: TerminalState
    let finishedAt: Timestamp
    let isQuarantined: Bool

    /// The winners of jobs that have one.
    static func read(_ jobs: [String], _ session: MongoSession) throws -> [String: Winner] {
        let wanted = Set(jobs)
        return try session.onMajority {
            let found = try session.find(
                ["_id": ["$in": .texts(wanted)]],
                in: MongoSchema.jobs,
                fields: ["state": 1, "finished_ms": 1, "error_class": 1]
            ) { fields in
                let winner = Winner(
                    state: try fields.word("state", TerminalState.init(rawValue:)),
                    finishedAt: try fields.time("finished_ms"),
                    isQuarantined: try fields.optionalText("error_class") == ErrorClass.penstockPoison.rawValue
                )
                return (try fields.text("_id"), winner)
            }
            return found.count == wanted.count ? Dictionary(uniqueKeysWithValues: found) : nil
        }
    }
}
