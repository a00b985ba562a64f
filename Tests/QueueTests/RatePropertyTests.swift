import Glibc
import Penstock
import Testing

@testable import Queue

/// What the rate limits promise over minutes, with a clock that is only what the test says.
@Suite(.timeLimit(.minutes(2)))
struct RatePropertyTests {
    /// What started, and when.
    private struct Start {
        var at: Int64
        var tokens: Int
    }

    /// Whatever arrives when, and however far estimates are off: in no minute more starts than the limit and one more.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func noMinuteStartsMoreThanTheLimit(seed: UInt64) async throws {
        var random = SeededGenerator(state: seed)
        let requests = Int.random(in: 60...400, using: &random)
        let tokens = Int.random(in: 20_000...200_000, using: &random)
        let group = LimitGroup(name: "g", requestsPerMinute: requests, tokensPerMinute: tokens)
        let most = log2(Double(tokens) / 8)
        try await Fixture.run(.limited(group)) { fixture in
            var minutes = try await Minutes(fixture)
            var starts: [Start] = []
            try await fixture.enqueue(
                (0..<900).map { _ in
                    fixture.job(
                        "t\(Int.random(in: 0..<3, using: &random))",
                        tokens: Int(exp2(.random(in: 3...most, using: &random)))
                    )
                }
            )
            let end = minutes.now + 180_000
            while minutes.now < end, starts.count < 880 {
                let (jobs, wait) = try await minutes.take(Int.random(in: 1...4, using: &random))
                for (lease, tokens) in jobs {
                    let actual = Int(Double(tokens) * .random(in: 0.5...1.5, using: &random)) + 1
                    starts.append(Start(at: minutes.now, tokens: actual))
                    try await minutes.settle(lease, actual)
                }
                // Now and then nobody asks for a while.
                let pause = Int.random(in: 0..<40, using: &random) == 0 ? Int.random(in: 1...20_000, using: &random) : 0
                minutes.now += max(jobs.isEmpty ? Int64(wait ?? 100) : 0, Int64(pause))
            }
            let largest = starts.map(\.tokens).max() ?? 0
            var (first, inRequests, inTokens) = (0, 0, 0)
            for (index, start) in starts.enumerated() {
                inRequests += 1
                inTokens += start.tokens
                while starts[first].at <= start.at - 60_000 {
                    inRequests -= 1
                    inTokens -= starts[first].tokens
                    first += 1
                }
                #expect(inRequests <= requests + 1, "\(inRequests) requests until start \(index)")
                #expect(inTokens <= tokens + largest, "\(inTokens) tokens until start \(index)")
            }
            #expect(starts.count > 50)
        }
    }

    @Test(arguments: [(LimitGroup(name: "g", requestsPerMinute: 300)), LimitGroup(name: "g", tokensPerMinute: 60_000)])
    func aBackloggedPoolUsesNearlyAllOfItsLimit(_ group: LimitGroup) async throws {
        var random = SeededGenerator(state: 7)
        try await Fixture.run(.limited(group)) { fixture in
            var minutes = try await Minutes(fixture)
            try await fixture.enqueue(
                (0..<750).map { _ in fixture.job(tokens: Int.random(in: 1...500, using: &random)) }
            )
            let begin = minutes.now
            var (requests, tokens) = (0, 0)
            while minutes.now < begin + 120_000 {
                let (jobs, wait) = try await minutes.take(3)
                for (lease, amount) in jobs {
                    requests += 1
                    tokens += amount
                    try await minutes.settle(lease, amount)
                }
                if jobs.isEmpty { minutes.now += Int64(wait ?? 1) }
            }
            #expect(requests < 750)
            let use =
                group.requestsPerMinute.map { Double(requests) / Double(2 * $0) }
                ?? Double(tokens) / Double(2 * (group.tokensPerMinute ?? 1))
            #expect(use >= 0.97 && use <= 1.0 + 0.01, "\(use)")
        }
    }
}
