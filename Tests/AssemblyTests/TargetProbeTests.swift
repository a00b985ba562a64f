import Penstock
import Synchronization
import Testing

@testable import Assembly

@Suite struct TargetProbeTests {
    private func target(_ name: String, _ endpoints: Set<Endpoint> = Set(Endpoint.allCases)) -> Target {
        Target(
            name: name,
            provider: "p",
            baseURL: "http://127.0.0.1",
            apiKey: nil,
            model: nil,
            limitGroups: [],
            maxConcurrency: nil,
            timeout: .seconds(1),
            price: nil,
            endpoints: endpoints
        )
    }

    private func probe(_ targets: [Target], _ caller: ScriptedTargets) async -> [TargetProbe.Finding] {
        let pool = Pool(name: PoolName("a"), targets: targets, limitGroups: [], classWeights: Pool.defaultClassWeights)
        return await TargetProbe(Topology(pools: [pool], routes: ["alias": pool.name]), caller: caller).run()
    }

    @Test func eachTargetIsTriedAndTold() async {
        let caller = ScriptedTargets { target, endpoint in
            switch (target, endpoint) {
            case ("good", .chatCompletions), ("vectors", .embeddings):
                return .succeeded(
                    ProviderResponse(statusCode: 200, requestID: "", body: []),
                    usage: Usage(input: 3, output: 2)
                )
            case ("vectors", _):
                return .failed(CallFailure(error: JobError(.callerInvalidRequest, "no chat"), mayHaveBeenSent: true))
            default:
                return .failed(CallFailure(error: JobError(.providerAuthFailed, "refused"), mayHaveBeenSent: true))
            }
        }
        let findings = await probe(
            [target("good"), target("vectors"), target("bad"), target("odd", [.messages])],
            caller
        )
        #expect(findings.map(\.target) == ["good", "vectors", "bad", "odd"])
        #expect(findings.map(\.isGood) == [true, true, false, false])
        #expect(findings[0].text.contains("3 input and 2 output tokens"))
        #expect(findings[2].text.contains("provider_auth_failed: refused"))
        #expect(caller.calls == ["good", "vectors", "vectors", "bad"])
        #expect(caller.bodies.allSatisfy { $0.contains(#""model":"alias""#) })
    }
}

/// Answers by target and endpoint.
private final class ScriptedTargets: ProviderCaller {
    private let asked = Mutex<[(target: String, body: String)]>([])
    private let answer: @Sendable (String, Endpoint) -> CallOutcome

    init(_ answer: @escaping @Sendable (String, Endpoint) -> CallOutcome) {
        self.answer = answer
    }

    var calls: [String] { asked.withLock { $0.map(\.target) } }
    var bodies: [String] { asked.withLock { $0.map(\.body) } }

    func call(
        _ target: Target,
        endpoint: Endpoint,
        body: [UInt8],
        headers: ProviderHeaders,
        within timeout: Duration
    ) async -> CallReport {
        asked.withLock { $0.append((target.name, String(decoding: body, as: UTF8.self))) }
        return CallReport(answer(target.name, endpoint))
    }
}
