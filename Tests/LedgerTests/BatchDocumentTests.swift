import Penstock
import Testing

@testable import Ledger

/// The document of a batch keeps every field.
@Suite struct BatchDocumentTests {
    @Test func everyFieldSet() {
        expectRoundTrip(Sample.fullBatch())
    }

    @Test func everyOptionalNil() {
        expectRoundTrip(Sample.batch())
    }

    @Test func eachFieldOnItsOwn() {
        let changes: [@Sendable (inout BatchRecord) -> Void] = [
            { $0.inProgressAt = nil }, { $0.finalizingAt = nil }, { $0.completedAt = nil }, { $0.failedAt = nil },
            { $0.expiredAt = nil }, { $0.cancellingAt = nil }, { $0.cancelledAt = nil }, { $0.errors = [] },
            { $0.linesPerPool = [:] }, { $0.model = nil }, { $0.outputFile = nil }, { $0.errorFile = nil },
            { $0.summary = nil }, { $0.owner = nil }, { $0.ownedUntil = nil }, { $0.metadata = nil },
            { $0.webhook = nil }, { $0.metadata = [] }, { $0.tags.feature = nil }, { $0.tags.customer = nil },
            { $0.total = 0 }, { $0.maxCost = nil }, { $0.pausedAt = nil }, { $0.maxCostReachedAt = nil },
            { $0.dearestLine = nil }, { $0.termsInQueues = nil }, { $0.termsInQueues?.isPaused = false },
            { $0.createdAt = Timestamp(milliseconds: -1) }, { $0.headers = ProviderHeaders() },
        ]
        for change in changes {
            var batch = Sample.fullBatch()
            change(&batch)
            #expect(batch != Sample.fullBatch())
            expectRoundTrip(batch)
        }
    }

    @Test(arguments: BatchState.allCases)
    func everyState(_ state: BatchState) {
        expectRoundTrip(Sample.batch(state: state))
    }

    @Test(arguments: zip(Endpoint.allCases, JobClass.allCases))
    func everyEndpointAndClass(_ endpoint: Endpoint, _ jobClass: JobClass) {
        var batch = Sample.batch()
        batch.endpoint = endpoint
        batch.jobClass = jobClass
        expectRoundTrip(batch)
    }

    @Test(arguments: ["", "null", "{}", "[]", "{\"id\":1}"])
    func nonsenseIsNil(_ text: String) {
        #expect(BatchDocument.decode(Array(text.utf8), version: 0) == nil)
    }

    @Test func aDamagedPartIsNil() {
        let document = BatchDocument.encode(Sample.fullBatch())
        for (part, damage) in [
            ("\"cost_nano\":", "\"cost\":"), ("\"state\":\"", "\"state\":\"x"), ("\"code\":\"empty_file\",", ""),
            ("[\"a\",\"\"]", "[\"a\"]"), ("\"chat\":49999", "\"chat\":true"), ("\"total\":", "\"sum\":"),
            ("\"secret\":", "\"s\":"), ("\"is_paused\":true", "\"is_paused\":1"),
        ] {
            let damaged = document.replacing(part, with: damage)
            #expect(damaged != document, "\(part)")
            #expect(BatchDocument.decode(Array(damaged.utf8), version: 7) == nil, "\(part)")
        }
    }

    private func expectRoundTrip(_ batch: BatchRecord, sourceLocation: SourceLocation = #_sourceLocation) {
        let document = Array(BatchDocument.encode(batch).utf8)
        #expect(BatchDocument.decode(document, version: batch.version) == batch, sourceLocation: sourceLocation)
    }
}
