import Testing

/// The conformance suite on SQLite.
@Suite struct SQLiteConformanceTests {
    @Test(.timeLimit(.minutes(1)), arguments: LedgerConformance.checks)
    func conforms(_ check: LedgerCheck) async throws {
        try await SQLiteFixture.with { fixture in
            try await check.run { try fixture.open() }
        }
    }
}
