/// The most that a call in one pool can cost, by the prices of the dearest target.
///
/// A bound as good as the token estimate it starts from: input a quarter above the estimate, output up to the caller's
/// cap. A request without a cap counts as many times a typical answer.
package struct CostBound: Sendable {
    /// Output of a request without a cap, in typical answers.
    private static let uncappedAnswers = 32

    private let prices: [TokenPrice]

    /// - Returns: nil when a target has no price: then nothing bounds the cost.
    package init?(_ pool: Pool) {
        prices = pool.targets.compactMap(\.price)
        guard !prices.isEmpty, prices.count == pool.targets.count else { return nil }
    }

    /// - Parameter estimate: its input as corrected by what was learned, its output as the request allows it.
    package func cost(of estimate: TokenEstimate) -> Nanodollars {
        let input = estimate.input + (estimate.input + 3) / 4
        let output = estimate.output * (estimate.isOutputGuessed ? Self.uncappedAnswers : 1)
        return prices.map { $0.mostCost(input: input, output: output) }.max() ?? Nanodollars(0)
    }
}

extension TokenPrice {
    /// The cost where all input is of the dearest kind.
    fileprivate func mostCost(input: Int, output: Int) -> Nanodollars {
        let kinds = [
            Usage(input: input, output: output), Usage(input: input, cachedInput: input, output: output),
            Usage(input: input, cacheWrite: input, output: output),
        ]
        return kinds.map(cost).max() ?? Nanodollars(0)
    }
}
