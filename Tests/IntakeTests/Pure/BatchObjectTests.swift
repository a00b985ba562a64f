import JSON
import Penstock
import Testing

@testable import Intake

struct BatchObjectTests {
    private static func batch() -> BatchRecord {
        BatchRecord(
            id: BatchID("batch_1"),
            tenant: TenantID(trusted: "acme"),
            endpoint: .embeddings,
            inputFile: FileID("file-1"),
            completionWindow: "15m",
            createdAt: Timestamp(milliseconds: 1_000_999),
            expiresAt: Timestamp(milliseconds: 1_900_999),
            jobClass: .batch,
            tags: JobTags(),
            metadata: nil
        )
    }

    private static func text(_ batch: BatchRecord, _ summary: BatchSummary) -> String {
        var writer = JSONWriter()
        BatchObject.write(batch, summary, to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static let nothing = BatchSummary(
        counts: BatchCounts(),
        usage: .zero,
        cost: Nanodollars(0),
        unknownCosts: 0
    )

    @Test func whatIsNotSetIsNull() {
        #expect(
            Self.text(Self.batch(), Self.nothing)
                == #"{"id":"batch_1","object":"batch","endpoint":"/v1/embeddings","model":null,"errors":null,"#
                + #""input_file_id":"file-1","completion_window":"15m","status":"validating","output_file_id":null,"#
                + #""error_file_id":null,"created_at":1000,"in_progress_at":null,"expires_at":1900,"#
                + #""finalizing_at":null,"completed_at":null,"failed_at":null,"expired_at":null,"#
                + #""cancelling_at":null,"cancelled_at":null,"request_counts":{"total":0,"completed":0,"failed":0},"#
                + #""usage":null,"cost_usd":"0.000000000","unknown_costs":0,"penstock":{"class":"batch","paused_at":null,"#
                + #""max_cost_usd":null},"metadata":null}"#
        )
    }

    @Test func aFinishedBatchHasEverything() throws {
        var batch = Self.batch()
        batch.maxCost = Nanodollars(5_000_000_000)
        batch.pausedAt = Timestamp(milliseconds: 1_500_999)
        batch.metadata = [MetadataPair(key: "b", value: "2"), MetadataPair(key: "a", value: "\"1\"")]
        batch.start(total: 10, linesPerPool: [:], model: "gpt", at: Timestamp(milliseconds: 2_000_000))
        batch.beginFinalizing(at: Timestamp(milliseconds: 3_000_000))
        let summary = BatchSummary(
            counts: BatchCounts(succeeded: 5, failed: 2, expired: 2, cancelled: 1),
            usage: Usage(input: 10, cachedInput: 4, output: 7, reasoning: 3),
            cost: Nanodollars(1_500_000_001),
            unknownCosts: 2
        )
        batch.finish(
            summary,
            output: FileID("file-2"),
            errors: FileID("file-3"),
            at: Timestamp(milliseconds: 1_900_999_000)
        )
        let object = try JSONDocument(parsing: Array(Self.text(batch, summary).utf8)).root
        #expect(object["status"]?.string == "expired")
        #expect(object["expired_at"]?.int64 == 1_900_999)
        #expect(object["in_progress_at"]?.int64 == 2000)
        #expect(object["model"]?.string == "gpt")
        #expect(object["output_file_id"]?.string == "file-2")
        #expect(object["error_file_id"]?.string == "file-3")
        #expect(object.path("request_counts", "total")?.int64 == 10)
        #expect(object.path("request_counts", "completed")?.int64 == 5)
        #expect(object.path("request_counts", "failed")?.int64 == 5)
        #expect(object.path("usage", "input_tokens_details", "cached_tokens")?.int64 == 4)
        #expect(object.path("usage", "output_tokens_details", "reasoning_tokens")?.int64 == 3)
        #expect(object.path("usage", "total_tokens")?.int64 == 17)
        #expect(object["cost_usd"]?.string == "1.500000001")
        #expect(object["unknown_costs"]?.int64 == 2)
        #expect(object.path("penstock", "max_cost_usd")?.string == "5.00")
        #expect(object.path("penstock", "paused_at")?.int64 == 1500)
        #expect(object["metadata"].map { String(decoding: $0.rawBytes, as: UTF8.self) } == #"{"b":"2","a":"\"1\""}"#)
    }

    @Test func errorsHaveLinesOrNull() throws {
        var batch = Self.batch()
        let errors = [
            BatchLineError(code: "empty_file", line: nil, message: "m"),
            BatchLineError(code: "duplicate_custom_id", line: 3, message: "n", param: "custom_id"),
        ]
        batch.fail(errors, at: Timestamp(milliseconds: 5000))
        let object = try JSONDocument(parsing: Array(Self.text(batch, Self.nothing).utf8)).root
        #expect(object["status"]?.string == "failed")
        #expect(
            object["errors"].map { String(decoding: $0.rawBytes, as: UTF8.self) }
                == #"{"object":"list","data":[{"code":"empty_file","line":null,"message":"m","param":null},"#
                + #"{"code":"duplicate_custom_id","line":3,"message":"n","param":"custom_id"}]}"#
        )
    }
}
