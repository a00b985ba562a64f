import Penstock
import Testing

/// Which headers of callers are passed on, and where they can be.
@Suite struct ProviderHeaderTests {
    private let rules = HeaderRules(anthropic: ["anthropic-beta", "x-lab"], openAI: ["openai-beta", "x-lab"])

    private func passed(_ headers: [String: String], at endpoint: Endpoint) throws(RequestRefusal) -> [String: String] {
        try rules.passed(at: endpoint) { headers[$0] }.values
    }

    @Test func eachAPIHasItsOwn() throws {
        let headers = ["x-lab": "7", "openai-project": "p", "accept": "*/*", "anthropic-version": "2023-06-01"]
        #expect(
            try passed(headers.merging(["openai-beta": "a=1"]) { $1 }, at: .responses) == [
                "openai-beta": "a=1", "x-lab": "7",
            ]
        )
        #expect(
            try passed(headers.merging(["anthropic-beta": "a,b"]) { $1 }, at: .messages) == [
                "anthropic-beta": "a,b", "x-lab": "7",
            ]
        )
        #expect(try passed(["openai-beta": ""], at: .responses) == [:])
    }

    @Test(arguments: [("anthropic-beta", Endpoint.chatCompletions), ("openai-beta", .messages)])
    func thoseOfTheOtherAPIAreRefused(_ name: String, _ endpoint: Endpoint) {
        let refusal = #expect(throws: RequestRefusal.self) { try passed([name: "a"], at: endpoint) }
        #expect(refusal?.code == "header_not_supported" && refusal?.param == name)
        #expect(refusal?.message.contains("`\(name)`") == true)
    }

    /// SDKs send it with every batch that they make as a beta; a provider is asked for no batch.
    @Test(arguments: [
        ("message-batches-2024-09-24", nil),
        ("files-api-2025-04-14,message-batches-2024-09-24", "files-api-2025-04-14"),
        ("message-batches-2024-09-24, a, b", "a,b"), ("a, b", "a, b"),
    ])
    func betasThatAreServedHereGoNoFurther(_ sent: String, _ kept: String?) throws {
        let expected = kept.map { ["anthropic-beta": $0] } ?? [:]
        #expect(try passed(["anthropic-beta": sent], at: .messages) == expected)
        if kept == nil { #expect(try passed(["anthropic-beta": sent], at: .responses) == [:]) }
    }

    @Test func sizeAndCharactersAreBounded() throws {
        let room = HeaderRules.maxBytes - "openai-beta".utf8.count
        let most = String(repeating: "x", count: room)
        #expect(try passed(["openai-beta": most], at: .responses) == ["openai-beta": most])
        let tooLarge = #expect(throws: RequestRefusal.self) { try passed(["openai-beta": most + "x"], at: .responses) }
        #expect(tooLarge?.code == "headers_too_large" && tooLarge?.param == "openai-beta")
        let together = ["openai-beta": String(most.dropLast(5)), "x-lab": "7"]
        #expect(throws: RequestRefusal.self) { try passed(together, at: .responses) }
        for value in ["a\tb", "a\r\nx: y", "é", "\u{7F}"] {
            let refusal = #expect(throws: RequestRefusal.self) { try passed(["x-lab": value], at: .responses) }
            #expect(refusal?.code == "invalid_header" && refusal?.param == "x-lab")
        }
    }

    @Test func whatIsAProvidersAndGoesNoFurtherIsTold() {
        for name in ["openai-organization", "openai-project", "x-goog-user-project", "anthropic-other"] {
            #expect(rules.leavesOut(name), "\(name)")
        }
        for name in ["openai-beta", "anthropic-beta", "anthropic-version", "x-lab", "x-stainless-os"] {
            #expect(!rules.leavesOut(name), "\(name)")
        }
    }

    @Test(arguments: [
        "authorization", "proxy-authorization", "x-api-key", "x-goog-api-key", "cookie", "set-cookie",
        "x-amz-security-token", "host", "connection", "keep-alive", "te", "transfer-encoding", "upgrade",
        "content-length", "content-type",
        "accept-encoding", "expect", "anthropic-version", "idempotency-key", "x-stainless-retry-count", "x-request-id",
        "", "a b", "a:b", "é",
    ])
    func whatMustNotBePassedOn(_ name: String) {
        #expect(HeaderRules.objection(to: name) != nil)
    }

    @Test func theDefaultsMayBePassedOn() {
        let rules = HeaderRules()
        #expect(
            (rules.anthropic + rules.openAI + ["x-lab", "openai-project"]).allSatisfy {
                HeaderRules.objection(to: $0) == nil
            }
        )
    }

    @Test func onlyWhereNobodySpeaksTheEndpointTheyAreRefused() throws {
        func pool(_ natives: [Set<Endpoint>]) -> Pool {
            let targets = natives.map { native in
                var target = Samples.target()
                target.nativeEndpoints = native
                return target
            }
            return Pool(name: PoolName("p"), targets: targets, limitGroups: [], classWeights: [:])
        }
        let headers = ProviderHeaders(["anthropic-beta": "a"])
        try headers.check(model: "m", at: .messages, in: pool([[.messages], []]))
        try ProviderHeaders().check(model: "m", at: .messages, in: pool([[]]))
        let refusal = #expect(throws: RequestRefusal.self) {
            try headers.check(model: "claude", at: .messages, in: pool([[.chatCompletions], []]))
        }
        #expect(refusal?.code == "header_not_supported" && refusal?.param == "anthropic-beta")
        #expect(refusal?.message.contains("`claude`") == true)
    }

    @Test func aPlainTargetSpeaksAllButMessages() {
        #expect(Samples.target().nativeEndpoints == Set(Endpoint.allCases).subtracting([.messages]))
    }
}
