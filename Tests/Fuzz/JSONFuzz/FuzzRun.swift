/// Counts of one fuzz run.
package struct FuzzRun: Sendable {
    /// Inputs that both parsers accept, with equal values.
    package private(set) var accepted = 0

    /// Inputs that both refuse.
    package private(set) var refused = 0

    /// Inputs about which they differ for a known reason.
    package private(set) var explained: [Comparison.Explanation: Int] = [:]

    /// What must not happen, with the input in hexadecimal.
    package private(set) var failures: [String] = []

    /// Tries `iterations` mutated inputs that follow from `seed`.
    ///
    /// - Throws: the file system's error if the grammar cases cannot be read.
    package init(iterations: Int, seed: UInt64) throws {
        let mutator = Mutator(seeds: Seeds.bodies + (try Seeds.cases().map(\.bytes)))
        var random = SplitMix64(seed: seed)
        for _ in 0..<iterations {
            let bytes = mutator.next(using: &random)
            record(Comparison.of(bytes), of: bytes)
            if let violation = Invariants.violation(of: bytes, using: &random) { fail(violation, bytes) }
        }
    }

    /// One line for a log.
    package var summary: String {
        let known = Comparison.Explanation.allCases.map { "\($0.rawValue)=\(explained[$0, default: 0])" }
        return "accepted=\(accepted) refused=\(refused) \(known.joined(separator: " ")) failures=\(failures.count)"
    }

    private mutating func record(_ comparison: Comparison, of bytes: [UInt8]) {
        switch comparison {
        case .accepted: accepted += 1
        case .refused: refused += 1
        case .explained(let reason): explained[reason, default: 0] += 1
        case .unexplained(let what): fail(what, bytes)
        }
    }

    private mutating func fail(_ what: String, _ bytes: [UInt8]) {
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        failures.append("\(what): \(hex)")
    }
}
