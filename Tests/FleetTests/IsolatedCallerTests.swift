import Penstock
import TestSupport
import Testing

@testable import Fleet

@Suite(.timeLimit(.minutes(1)))
struct IsolatedCallerTests {
    private static let report = CallReport(
        .succeeded(
            ProviderResponse(statusCode: 200, requestID: "r", body: [1, 10, 255]),
            usage: Usage(input: 3, output: 4)
        ),
        firstByte: .milliseconds(5),
        serviceTime: .milliseconds(9)
    )
    private static let target = Target(
        name: "t1",
        provider: "openai",
        baseURL: "http://127.0.0.1:1/v1",
        apiKey: Secret("secret"),
        model: nil,
        limitGroups: [],
        maxConcurrency: nil,
        timeout: .seconds(1),
        price: nil
    )

    /// What a child that runs `script` makes of a call. `order` holds what it was told, `report` what it may answer.
    private func call(_ script: String, body: [UInt8] = Array("{}".utf8)) async throws -> (CallReport, told: [UInt8]) {
        let scene = try Scene()
        scene.write("report", CallReportRecord.encode(Self.report))
        let prelude = #"read count; head -c "$count" > order; "#
        let child = scene.child("call", "cd \(scene.directory.path); " + prelude + script)
        let report = await IsolatedCaller(program: child).call(
            Self.target,
            endpoint: .embeddings,
            body: body,
            within: .seconds(7)
        )
        return (report, scene.bytes("order"))
    }

    @Test func theChildsReportIsTheCalls() async throws {
        // Larger than a pipe.
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 300_000)
        let (report, told) = try await call("cat report", body: body)
        #expect(report == Self.report)
        let order = CallOrder(target: "t1", endpoint: .embeddings, timeout: .seconds(7), body: body)
        #expect(try CallOrder.decode(told) == order)
        #expect(!String(decoding: told.prefix(200), as: UTF8.self).contains("secret"))
    }

    @Test func aCrashIsPoison() async throws {
        let (report, _) = try await call("kill -SEGV $$")
        guard case .failed(let failure) = report.outcome else { throw Unexpected() }
        #expect(failure.error.errorClass == .penstockPoison && failure.mayHaveBeenSent)
        #expect(failure.error.message.contains("signal 11"))
    }

    @Test(arguments: ["exit 78", "echo nonsense"])
    func whatIsNoCrashIsNoPoison(script: String) async throws {
        let (report, _) = try await call(script)
        guard case .failed(let failure) = report.outcome else { throw Unexpected() }
        #expect(failure.error.errorClass == .penstockOutcomeUnknown)
        #expect(failure.mayHaveBeenSent == (script != "exit 78"))
    }

    @Test func aProgramThatIsMissingIsNoPoison() async throws {
        var child = try Scene().child("call", "")
        child.executable = "/nowhere/at/all"
        let report = await IsolatedCaller(program: child).call(
            Self.target,
            endpoint: .embeddings,
            body: [],
            within: .seconds(1)
        )
        guard case .failed(let failure) = report.outcome else { throw Unexpected() }
        #expect(failure.error.errorClass == .penstockOutcomeUnknown && !failure.mayHaveBeenSent)
    }

    @Test func anAbortEndsTheChild() async throws {
        let running = Task { try await call("sleep 600") }
        try await Task.sleep(for: .milliseconds(300))
        running.cancel()
        let (report, _) = try await running.value
        guard case .failed(let failure) = report.outcome else { throw Unexpected() }
        #expect(failure.error.errorClass == .callerCancelled && failure.mayHaveBeenSent)
    }

    private struct Unexpected: Error {}
}
