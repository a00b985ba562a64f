import Penstock
import Testing

extension LedgerConformance {
    static let creations = [
        LedgerCheck("a creation is known until it is answered", creationUntilAnswered),
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

    private static func creationUntilAnswered(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let creation = creation("batch_1")
        #expect(try await ledger.unanswered(content(), since: Sample.time(0)) == nil)
        for _ in 0..<2 { try await ledger.begin(creation) }
        let elsewhere = try await open()
        for _ in 0..<2 { #expect(try await elsewhere.unanswered(content(), since: Sample.time(0)) == creation) }
        #expect(try await ledger.unanswered(content(), since: Sample.time(1)) == nil)
        #expect(try await ledger.unanswered(content("other"), since: Sample.time(0)) == nil)
        #expect(try await ledger.unanswered(content("h", Sample.other), since: Sample.time(0)) == nil)
        for _ in 0..<2 { try await ledger.answered(creation) }
        #expect(try await ledger.unanswered(content(), since: Sample.time(0)) == nil)
    }

    private static func creationsShared(_ open: OpenLedger) async throws {
        let ledger = try await open()
        for (number, id) in ["a", "b", "c"].enumerated() { try await ledger.begin(creation(id, at: Int64(number))) }
        var given: [String] = []
        for _ in 0..<4 {
            given.append(try #require(try await ledger.unanswered(content(), since: Sample.time(0))).id)
        }
        #expect(given == ["a", "b", "c", "a"])
    }

    private static func creationsForgotten(_ open: OpenLedger) async throws {
        let ledger = try await open()
        for seconds in [0, 10, 20] as [Int64] { try await ledger.begin(creation("\(seconds)", at: seconds)) }
        #expect(try await ledger.forgetCreations(before: Sample.time(20)) == 2)
        #expect(try await ledger.unanswered(content(), since: Sample.time(0))?.id == "20")
    }
}
