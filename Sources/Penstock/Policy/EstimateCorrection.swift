/// Brings the estimates of requests nearer to what calls of their models really used.
package struct EstimateCorrection: Sendable {
    /// Fewer recent calls say too little about a model.
    package static let leastSamples = 20.0
    /// A ratio beyond these is believed to be a few odd requests, not the model.
    private static let ratios = 0.25...4.0

    private let models: [String: PoolExperience.Model]

    /// - Parameter experience: what the pool of the requests learned; nil corrects nothing.
    package init(_ experience: PoolExperience?) {
        models = experience?.models ?? [:]
    }

    /// Input by the ratio of actual to estimated tokens; output by what nine in ten answers do not exceed, but never
    /// above the caller's cap. As estimated where too few calls were seen.
    package func estimate(_ request: InspectedRequest) -> TokenEstimate {
        guard let model = models[request.model], model.samples >= Self.leastSamples else { return request.estimate }
        return TokenEstimate(
            input: Self.input(request.estimate.input, ratio: model.inputRatio),
            output: Self.output(request, learned: max(0, model.outputP90))
        )
    }

    private static func input(_ estimate: Int, ratio: Double) -> Int {
        // What is not a number passes no comparison.
        guard ratio > 0 else { return estimate }
        let corrected = Double(estimate) * min(max(ratio, ratios.lowerBound), ratios.upperBound)
        return Int(exactly: corrected.rounded()) ?? estimate
    }

    private static func output(_ request: InspectedRequest, learned: Int) -> Int {
        switch request.outputBasis {
        case .none: 0
        case .cap: min(request.estimate.output, learned)
        case .guess: learned
        }
    }
}
