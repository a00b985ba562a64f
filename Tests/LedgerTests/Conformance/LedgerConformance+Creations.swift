import Penstock
import Testing

extension LedgerConformance {
    static let creations = [
        LedgerCheck("a repetition claims what it repeats", creationClaimed),
        LedgerCheck("a creation that was not answered comes first", unansweredCreationFirst),
        LedgerCheck("repetitions of equal requests get one creation each", creationsShared),
        LedgerCheck("creations are forgotten with time", creationsForgotten),
    ]

    private static func content(_ hash: String = "h", _ tenant: TenantID = Sample.tenant) -> CreationContent {
        CreationContent(tenant: tenant, scope: "batch", hash: hash)
    }

    private static func creation(_ id: String, at seconds: Int64 = 0, _ content: CreationContent = content())
        -> Creation
    {
        Creation(content: content, id: id, at: Sample.time(seconds))
    }

    private static func claim(
        _ ledger: any Ledger,
        _ repetition: Int = 1,
        _ content: CreationContent = content(),
        since seconds: Int64 = 0
    ) async throws -> String? {
        try await ledger.claim(content, repetition: repetition, since: Sample.time(seconds))?.id
    }

    private static func creationClaimed(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let creation = creation("batch_1")
        #expect(try await claim(ledger) == nil)
        for _ in 0..<2 { try await ledger.begin(creation) }
        let elsewhere = try await open()
        let found = try await elsewhere.claim(content(), repetition: 1, since: Sample.time(0))
        #expect(found == creation)
        // Another one's first repetition is told nothing; its own second one is, also after the answer.
        #expect(try await claim(ledger) == nil)
        for _ in 0..<2 { try await ledger.answered(creation) }
        #expect(try await claim(elsewhere, 2) == creation.id)
        #expect(try await claim(ledger, 2) == nil)
        #expect(try await claim(ledger, 3, since: 1) == nil)
        #expect(try await claim(ledger, 3, content("other")) == nil)
        #expect(try await claim(ledger, 3, content("h", Sample.other)) == nil)
        for _ in 0..<2 { try await ledger.forget(creation) }
        #expect(try await claim(ledger, 3) == nil)
    }

    /// What was refused stands before what was answered, and a sender's own before another's.
    private static func unansweredCreationFirst(_ open: OpenLedger) async throws {
        let ledger = try await open()
        for (number, id) in ["refused", "sent", "later"].enumerated() {
            try await ledger.begin(creation(id, at: Int64(number)))
        }
        for id in ["sent", "later"] { try await ledger.answered(creation(id)) }
        #expect(try await claim(ledger) == "refused")
        #expect(try await claim(ledger) == "later")
        #expect(try await claim(ledger, 2) == "refused")
        #expect(try await claim(ledger, 2) == "later")
        #expect(try await claim(ledger, 2) == "sent")
    }

    private static func creationsShared(_ open: OpenLedger) async throws {
        let ledger = try await open()
        for (number, id) in ["a", "b", "c"].enumerated() { try await ledger.begin(creation(id, at: Int64(number))) }
        var given: [String?] = []
        for _ in 0..<4 { given.append(try await claim(ledger)) }
        #expect(given == ["c", "b", "a", nil])
    }

    private static func creationsForgotten(_ open: OpenLedger) async throws {
        let ledger = try await open()
        for seconds in [0, 10, 20] as [Int64] { try await ledger.begin(creation("\(seconds)", at: seconds)) }
        #expect(try await ledger.forgetCreations(before: Sample.time(20)) == 2)
        #expect(try await claim(ledger) == "20")
    }
}
