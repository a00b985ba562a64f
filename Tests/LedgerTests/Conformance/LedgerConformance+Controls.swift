import Penstock
import Testing

extension LedgerConformance {
    static let controls = [
        LedgerCheck("what is paused stays so until it is resumed, whoever asks", pauses),
        LedgerCheck("a pool and a target of one name are two things to pause", namesakes),
        LedgerCheck("pausing again replaces who did it and why", pausingAgain),
    ]

    private static func pause(_ subject: PauseSubject, at milliseconds: Int64 = 1, reason: String? = nil) -> Pause {
        Pause(subject: subject, since: Sample.time(milliseconds), by: "key_ops", reason: reason)
    }

    private static func pauses(_ open: OpenLedger) async throws {
        let ledger = try await open()
        #expect(try await ledger.pauses().isEmpty)
        let paused = [pause(.pool(PoolName("chat")), reason: "a \u{0} \"ü\""), pause(.target("openai-eu"))]
        for pause in paused.reversed() { try await ledger.put(pause) }
        let another = try await open()
        #expect(try await another.pauses() == paused)
        #expect(try await another.removePause(of: paused[0].subject))
        #expect(try await !another.removePause(of: paused[0].subject))
        #expect(try await ledger.pauses() == [paused[1]])
    }

    private static func namesakes(_ open: OpenLedger) async throws {
        let ledger = try await open()
        let (pool, target) = (pause(.pool(PoolName("main"))), pause(.target("main"), at: 2))
        try await ledger.put(target)
        try await ledger.put(pool)
        #expect(try await ledger.pauses() == [pool, target])
        #expect(try await ledger.removePause(of: .target("main")))
        #expect(try await ledger.pauses() == [pool])
    }

    private static func pausingAgain(_ open: OpenLedger) async throws {
        let ledger = try await open()
        try await ledger.put(pause(.target("main"), at: 1, reason: "maintenance"))
        var again = pause(.target("main"), at: 2)
        again.by = "key_other"
        try await ledger.put(again)
        #expect(try await ledger.pauses() == [again])
    }
}
