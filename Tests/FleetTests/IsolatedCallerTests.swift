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

    /// Reads one order and keeps it in the file `order`; `answer` answers it with the file `report`.
    private static let headers = ProviderHeaders(["openai-beta": "b=1"])
    private static let prelude =
        #"order() { read id count && head -c "$count" > order; }; "#
        + #"answer() { printf '%s %s\n' "$1" "$(wc -c < report)"; cat report; }; "#

    private func caller(_ scene: Scene, _ script: String) -> IsolatedCaller {
        scene.write("report", CallReportRecord.encode(Self.report))
        return IsolatedCaller(program: scene.child("call", "cd \(scene.directory.path); " + Self.prelude + script))
    }

    private func call(_ caller: IsolatedCaller, body: [UInt8] = Array("{}".utf8), amongAtMost most: Int = 1) async
        -> SuspectOutcome
    {
        await caller.call(
            Self.target,
            endpoint: .embeddings,
            body: body,
            headers: Self.headers,
            within: .seconds(7),
            amongAtMost: most
        )
    }

    /// What a child that runs `script` once it has its order makes of a call.
    private func outcome(_ script: String) async throws -> SuspectOutcome {
        await call(caller(try Scene(), "order; " + script))
    }

    private func failure(_ outcome: SuspectOutcome) throws -> CallFailure {
        guard case .reported(let report) = outcome, case .failed(let failure) = report.outcome else {
            throw Unexpected()
        }
        return failure
    }

    @Test func theChildsReportIsTheCalls() async throws {
        let scene = try Scene()
        // Larger than a pipe.
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 300_000)
        let outcome = await call(caller(scene, "order; answer $id; sleep 60"), body: body)
        #expect(outcome == .reported(Self.report))
        let told = scene.bytes("order")
        let order = CallOrder(
            target: "t1",
            endpoint: .embeddings,
            timeout: .seconds(7),
            headers: Self.headers,
            body: body
        )
        #expect(try CallOrder.decode(told) == order)
        #expect(!String(decoding: told.prefix(200), as: UTF8.self).contains("secret"))
    }

    @Test func aCrashAloneIsPoison() async throws {
        let failure = try failure(try await outcome("kill -SEGV $$"))
        #expect(failure.error.errorClass == .penstockPoison && failure.mayHaveBeenSent)
        #expect(failure.error.message.contains("signal 11"))
    }

    @Test func suspectsShareAProcessAndDieTogether() async throws {
        let caller = caller(try Scene(), "order; first=$id; order; order; answer $first; kill -SEGV $$")
        let outcomes = await withTaskGroup(of: SuspectOutcome.self) { group in
            for _ in 0..<3 { group.addTask { await call(caller, amongAtMost: 3) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == .reported(Self.report) } == 1)
        #expect(outcomes.count { $0 == .diedAmong(calls: 2) } == 2)
    }

    @Test func noProcessMakesMoreCallsThanItMay() async throws {
        // Each answers its second order first.
        let scene = try Scene()
        let caller = caller(scene, "note up; order; first=$id; order; answer $id; answer $first; sleep 60")
        let outcomes = await withTaskGroup(of: SuspectOutcome.self) { group in
            for _ in 0..<6 { group.addTask { await call(caller, amongAtMost: 2) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes == Array(repeating: .reported(Self.report), count: 6))
        #expect(scene.notes.count == 3)
    }

    @Test(arguments: ["exit 78", "echo nonsense", "echo 1 2; echo x"])
    func whatIsNoCrashIsNoPoison(script: String) async throws {
        let failure = try failure(try await outcome(script))
        #expect(failure.error.errorClass == .penstockOutcomeUnknown)
        #expect(failure.mayHaveBeenSent == (script != "exit 78"))
    }

    @Test func aProgramThatIsMissingIsNoPoison() async throws {
        var child = try Scene().child("call", "")
        child.executable = "/nowhere/at/all"
        let failure = try failure(await call(IsolatedCaller(program: child)))
        #expect(failure.error.errorClass == .penstockOutcomeUnknown && !failure.mayHaveBeenSent)
    }

    @Test func anAbortTakesBackOneCall() async throws {
        let scene = try Scene()
        let script =
            #"order; first=$id; note one; order; note two; second=$id; read id count; "#
            + #"note "back $((id == first)) $count"; answer $second; sleep 60"#
        let caller = caller(scene, script)
        let first = Task { await call(caller, amongAtMost: 2) }
        try await scene.until { $0 == ["one"] }
        let second = Task { await call(caller, amongAtMost: 2) }
        try await scene.until { $0 == ["one", "two"] }
        first.cancel()
        let failure = try failure(await first.value)
        #expect(failure.error.errorClass == .callerCancelled && failure.mayHaveBeenSent)
        #expect(await second.value == .reported(Self.report))
        #expect(scene.notes.last == "back 1 0")
    }

    private struct Unexpected: Error {}
}
