import JSON
import Penstock
import Testing

struct GuessedOutputTests {
    @Test(arguments: [
        (Endpoint.chatCompletions, #"{"model":"a","messages":[1],"max_tokens":9}"#, false),
        (.chatCompletions, #"{"model":"a","messages":[1]}"#, true),
        (.chatCompletions, #"{"model":"a","messages":[1],"max_tokens":0}"#, true),
        (.responses, #"{"model":"a","input":"x","max_output_tokens":5}"#, false),
        (.embeddings, #"{"model":"a","input":"x"}"#, false),
    ])
    func aCallersCapIsNoGuess(_ endpoint: Endpoint, _ body: String, _ isGuessed: Bool) throws {
        let request = try RequestInspector.inspect(Array(body.utf8), endpoint: endpoint)
        #expect(request.estimate.isOutputGuessed == isGuessed)
    }
}

struct EstimateCorrectionTests {
    private func corrected(
        _ input: Int,
        _ output: Int,
        isGuess: Bool = false,
        samples: Double = 20,
        ratio: Double = 2,
        p90: Int = 100,
        model: String = "m"
    ) -> TokenEstimate {
        let learned = PoolExperience.Model(samples: samples, inputRatio: ratio, inputError: 0, outputP90: p90)
        let estimate = TokenEstimate(input: input, output: output, isOutputGuessed: isGuess)
        return EstimateCorrection(PoolExperience(models: ["m": learned])).corrected(estimate, model: model)
    }

    @Test func followsWhatWasLearned() {
        #expect(corrected(50, 512, isGuess: true) == TokenEstimate(input: 100, output: 100, isOutputGuessed: true))
        #expect(corrected(50, 512, isGuess: true, p90: 3000).output == 3000)
        #expect(corrected(50, 0) == TokenEstimate(input: 100, output: 0))
        #expect(corrected(3, 7, ratio: 0.5, p90: 0) == TokenEstimate(input: 2, output: 0))
    }

    @Test func aCapIsNeverExceeded() {
        #expect(corrected(50, 80).output == 80)
        #expect(corrected(50, 8000).output == 100)
    }

    @Test func fewCallsSayNothing() {
        #expect(corrected(50, 512, samples: 19.9) == TokenEstimate(input: 50, output: 512))
        #expect(corrected(50, 512, model: "other") == TokenEstimate(input: 50, output: 512))
        let estimate = TokenEstimate(input: 1, output: 2)
        #expect(EstimateCorrection(nil).corrected(estimate, model: "m") == estimate)
    }

    @Test(arguments: [
        (0.01, 25), (0.25, 25), (4, 400), (90, 400), (.infinity, 400), (.nan, 100), (0, 100), (-3, 100),
    ] as [(Double, Int)])
    func ratiosAreBounded(_ ratio: Double, _ input: Int) {
        #expect(corrected(100, 1, ratio: ratio).input == input)
    }
}

struct RequestSizeTests {
    private func pool(_ groups: [LimitGroup], targets: [[String]]) -> Pool {
        Pool(
            name: PoolName("p"),
            targets: targets.enumerated().map { number, groups in
                var target = Samples.target()
                target.name = "t\(number)"
                target.limitGroups = groups
                return target
            },
            limitGroups: groups,
            classWeights: Pool.defaultClassWeights
        )
    }

    private let small = LimitGroup(name: "small", requestsPerMinute: 1, tokensPerMinute: 100)
    private let medium = LimitGroup(name: "medium", tokensPerMinute: 200)
    private let split = LimitGroup(name: "split", inputTokensPerMinute: 50, outputTokensPerMinute: 1000)

    @Test func whatFitsAnyTargetPasses() throws {
        let pool = pool([small, medium], targets: [["small"], ["medium"]])
        for output in [0, 40, 140] { try RequestSize.check(TokenEstimate(input: 60, output: output), in: pool) }
        try RequestSize.check(TokenEstimate(input: 1_000_000, output: 0), in: self.pool([small], targets: [[]]))
        try RequestSize.check(TokenEstimate(input: 1_000_000, output: 0), in: self.pool([small], targets: []))
    }

    @Test func whatFitsNoneIsRefusedWithTheNumbersOfTheNearest() {
        let pool = pool([small, medium], targets: [["small"], ["medium"], ["small", "medium"]])
        let estimate = TokenEstimate(input: 60, output: 141)
        #expect(RequestSize.excess(of: estimate, in: pool) == .init(dimension: .tokens, estimate: 201, limit: 200))
        let refusal = #expect(throws: RequestRefusal.self) { try RequestSize.check(estimate, in: pool) }
        #expect(refusal?.code == "request_exceeds_rate_limit" && refusal?.param == "body")
        #expect(refusal?.message.contains("estimated at 201 tokens") == true)
        #expect(refusal?.message.contains("200 per minute") == true)
    }

    @Test func everyDimensionCounts() {
        let pool = pool([split, medium], targets: [["split", "medium"]])
        func excess(_ input: Int, _ output: Int) -> RequestSize.Excess? {
            RequestSize.excess(of: TokenEstimate(input: input, output: output), in: pool)
        }
        #expect(excess(50, 150) == nil)
        #expect(excess(51, 0) == .init(dimension: .inputTokens, estimate: 51, limit: 50))
        #expect(excess(0, 201) == .init(dimension: .tokens, estimate: 201, limit: 200))
        // The limit that is furthest from granting it.
        #expect(excess(0, 1001) == .init(dimension: .tokens, estimate: 1001, limit: 200))
    }
}
