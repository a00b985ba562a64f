import Penstock
import Testing

@testable import Queue

/// What of a job stands in its shape and what in its record.
@Suite struct JobCodecTests {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)
    private static let headers = ProviderHeaders(["anthropic-beta": "a,b", "x-lab": #""7""#])

    private func single() -> Job {
        Job(
            id: IDGenerator.job(epoch: PoolEpoch("e0e0e0"), at: Self.now),
            tenant: TenantID(trusted: "acme"),
            jobClass: .standard,
            deadline: Self.now.adding(.seconds(60)),
            createdAt: Self.now,
            endpoint: .messages,
            model: "claude",
            estimate: TokenEstimate(input: 1, output: 2),
            body: .inline(Array(#"{"model":"claude"}"#.utf8))
        )
    }

    private func line(_ number: Int) -> Job {
        var job = single()
        job.line = BatchLine(batch: BatchID("batch_1"), number: number, customID: "c-\(number)")
        job.id = JobID(batch: BatchID("batch_1"), line: number)
        job.durability = .ledger
        return job
    }

    /// As the scripts keep it: under a key of the shape.
    private func again(_ job: Job, named name: String? = nil) throws -> Job {
        let record: [UInt8] = [0, 0, 0, 0] + JobCodec.record(of: job)
        return try JobCodec.decode(name: name ?? job.id.text, shape: JobCodec.shape(of: job), record: record)
    }

    @Test func aSingleJobsHeadersAreItsOwn() throws {
        var job = single()
        let bare = JobCodec.record(of: job).count
        #expect(try again(job) == job)
        job.headers = Self.headers
        #expect(try again(job) == job)
        #expect(JobCodec.record(of: job).count > bare)
        #expect(JobCodec.shape(of: job) == JobCodec.shape(of: single()))
    }

    @Test func aBatchsHeadersStandOnceForItsLines() throws {
        let bare = JobCodec.record(of: line(7))
        var lines = [line(7), line(8)]
        for index in lines.indices { lines[index].headers = Self.headers }
        for job in lines {
            #expect(try again(job, named: "p1-l\(job.line?.number ?? 0)") == job)
        }
        #expect(JobCodec.shape(of: lines[0]) == JobCodec.shape(of: lines[1]))
        #expect(JobCodec.record(of: lines[0]) == bare)
        #expect(JobCodec.shape(of: lines[0]) != JobCodec.shape(of: line(7)))
    }

    /// As versions without headers wrote it.
    @Test func anEntryOfAnEarlierVersionIsRead() throws {
        let job = single()
        var shape = ByteWriter()
        shape.raw("s".utf8)
        shape.integer(4, bytes: 1)
        shape.raw("acme".utf8)
        shape.integer(0, bytes: 6)
        shape.integer(6, bytes: 2)
        shape.raw("claude".utf8)
        shape.raw(#"{"e":"/v1/messages"}"#.utf8)
        var record = ByteWriter()
        record.integer(0, bytes: 4)
        record.integer(job.deadline.milliseconds, bytes: 6)
        record.integer(1, bytes: 4)
        record.integer(2, bytes: 4)
        record.integer(9, bytes: 3)
        record.raw(#"{"f":"x"}"#.utf8)
        record.raw(#"{"model":"claude"}"#.utf8)
        var expected = job
        expected.tags.feature = "x"
        #expect(try JobCodec.decode(name: job.id.text, shape: shape.bytes, record: record.bytes) == expected)
    }
}
