/// Brings estimates of requests nearer to what calls of their models really used.
///
/// The queue corrects what it holds by itself whenever a job starts, by the same rules and by what is known then. So a
/// job carries its estimate as it was made, and this is for decisions about a request that is not in a queue.
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
    package func corrected(_ estimate: TokenEstimate, model: String) -> TokenEstimate {
        guard let model = models[model], model.samples >= Self.leastSamples else { return estimate }
        var corrected = estimate
        corrected.input = Self.input(estimate.input, ratio: model.inputRatio)
        // What has no output, such as embeddings, learned none.
        if estimate.output > 0 {
            let learned = max(0, model.outputP90)
            corrected.output = estimate.isOutputGuessed ? learned : min(estimate.output, learned)
        }
        return corrected
    }

    private static func input(_ estimate: Int, ratio: Double) -> Int {
        // What is not a number passes no comparison.
        guard ratio > 0 else { return estimate }
        let corrected = Double(estimate) * min(max(ratio, ratios.lowerBound), ratios.upperBound)
        return Int(exactly: corrected.rounded()) ?? estimate
    }
}
