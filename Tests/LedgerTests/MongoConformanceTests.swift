import Testing

/// The conformance suite on MongoDB's wire protocol: on `nx-27017`, and on a server named by
/// `PENSTOCK_TEST_MONGODB_URI` where there is one. One check at a time: nx-27017 is one slow process.
@Suite(.mongoServer, .serialized) struct MongoConformanceTests {
    @Test(.timeLimit(.minutes(3)), arguments: LedgerConformance.checks)
    func conforms(_ check: LedgerCheck) async throws {
        try await MongoFixture.with { fixture in
            try await check.run { try fixture.open() }
        }
    }

    @Test(.enabled(if: MongoFixture.namedServer != nil), .timeLimit(.minutes(3)), arguments: LedgerConformance.checks)
    func conformsOnNamedServer(_ check: LedgerCheck) async throws {
        try await MongoFixture.withNamedServer { fixture in
            try await check.run { try fixture.open() }
        }
    }
}
