import Penstock
import Redis

@testable import Queue

/// The end of calls.
extension ModelWalk {
    mutating func settle() async throws -> String {
        guard let lease = anyLease() else { return "nothing" }
        let settlement = anySettlement()
        for _ in 0..<2 {
            let isHeld = try await queue.settle(lease, settlement)
            let expected = model.settle([QueueModel.Ending(lease: lease, settlement: settlement)])[0]
            expect(isHeld == expected, "settle \(isHeld)")
        }
        former.append(lease)
        return "settle"
    }

    mutating func retry() async throws -> String {
        guard let lease = anyLease() else { return "nothing" }
        let settlement = anySettlement()
        let delay = Bool.random(using: &random) ? Int.random(in: 1...3000, using: &random) : 0
        let counts = Bool.random(using: &random)
        let ending = QueueModel.Ending(lease: lease, settlement: settlement, retry: (Double(delay), counts))
        for _ in 0..<2 {
            let isHeld = try await queue.retry(
                lease,
                settlement,
                after: .milliseconds(delay),
                countsAttempt: counts
            )
            let expected = model.settle([ending])[0]
            expect(isHeld == expected, "retry \(isHeld)")
        }
        former.append(lease)
        return "retry"
    }

    mutating func handBack() async throws -> String {
        guard let lease = anyLease() else { return "nothing" }
        let isHeld = try await queue.retry(lease, .unused, after: .zero, countsAttempt: false)
        let expected = model.settle([QueueModel.Ending(lease: lease, settlement: .unused, retry: (0, false))])[0]
        expect(isHeld == expected, "hand back \(isHeld)")
        return "hand back"
    }

    /// As when calls end at one moment: one script, in which a lease may come twice, or with a stranger's token.
    mutating func settleTogether() async throws -> String {
        var endings: [QueueModel.Ending] = []
        for _ in 0..<Int.random(in: 2...6, using: &random) {
            guard var lease = anyLease() else { break }
            if Int.random(in: 0..<8, using: &random) == 0 { lease = stranger(to: lease) }
            var ending = QueueModel.Ending(lease: lease, settlement: anySettlement())
            if Bool.random(using: &random) {
                let delay = Bool.random(using: &random) ? Double(Int.random(in: 1...3000, using: &random)) : 0
                ending.retry = (delay, Bool.random(using: &random))
            }
            endings.append(ending)
        }
        guard !endings.isEmpty else { return "nothing" }
        let arguments = endings.flatMap { ending in
            let retry = ending.retry.map { (delay: Duration.milliseconds(Int($0.delay)), countsAttempt: $0.counts) }
            return SettlementCodec.arguments(ending.lease, ending.settlement, retry: retry)
        }
        let answers = try await queue.run(QueueScripts.settle, arguments).string?.map { $0 != "0" }
        let expected = model.settle(endings)
        expect(answers == expected, "settle together \(String(describing: answers)), model \(expected)")
        for (ending, isHeld) in zip(endings, expected) where isHeld && !former.contains(ending.lease) {
            former.append(ending.lease)
        }
        return "settle together"
    }

    private func stranger(to lease: Lease) -> Lease {
        Lease(pool: lease.pool, key: lease.key, token: IDGenerator.attempt())
    }

    mutating func settleWithoutRight() async throws -> String {
        guard let lease = anyLease() else { return "nothing" }
        for stranger in [stranger(to: lease)] + former.filter({ model.takenBack.contains($0.key) }).suffix(1) {
            expect(try await !queue.settle(stranger, .asEstimated), "settled without right")
            expect(
                try await !queue.retry(stranger, .asEstimated, after: .zero, countsAttempt: true),
                "retried without right"
            )
        }
        return "settle without right"
    }

    // MARK: What a call tells

    private mutating func anySettlement() -> Settlement {
        let isLarge = Int.random(in: 0..<6, using: &random) == 0
        let usage = Usage(
            input: Int.random(in: 0...(isLarge ? 30_000 : 3000), using: &random),
            output: Int.random(in: 0...800, using: &random)
        )
        let usual: [TargetVerdict] = [.none, .answered, .answered, .answered]
        let rare: [TargetVerdict] = [
            .limited(for: .milliseconds(300)), .overloaded(for: .milliseconds(200)), .overloaded(for: nil), .exhausted,
        ]
        return Settlement(
            usage: Bool.random(using: &random) ? usage : nil,
            mayHaveBeenSent: Int.random(in: 0..<4, using: &random) > 0,
            chargesTenant: Bool.random(using: &random),
            target: pick(Int.random(in: 0..<5, using: &random) == 0 ? rare : usual),
            signals: Int.random(in: 0..<3, using: &random) == 0 ? anySignals() : nil,
            firstByte: Bool.random(using: &random) ? .milliseconds(Int.random(in: 20...100, using: &random)) : nil
        )
    }

    private mutating func anySignals() -> RateSignals {
        RateSignals(
            requests: Bool.random(using: &random) ? anyLevel(limits: [nil, 600, 1500]) : nil,
            tokens: Bool.random(using: &random) ? anyLevel(limits: [nil, 0, 1_500_000, 5_000_000]) : nil,
            inputTokens: Bool.random(using: &random) ? anyLevel(limits: [nil, 800_000]) : nil,
            outputTokens: Bool.random(using: &random) ? anyLevel(limits: [nil, 200_000]) : nil
        )
    }

    private mutating func anyLevel(limits: [Int?]) -> RateSignals.Level {
        let limit = pick(limits)
        let isLow = Int.random(in: 0..<3, using: &random) == 0
        return RateSignals.Level(
            limit: limit,
            remaining: pick([nil, (limit ?? 1000) / (isLow ? 12 : 2)]),
            reset: pick([nil, .milliseconds(Int.random(in: 1...800, using: &random))])
        )
    }
}
