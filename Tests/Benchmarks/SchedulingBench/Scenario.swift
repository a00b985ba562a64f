/// One measured question; see ops/bench/README.md.
struct Scenario: Sendable {
    let name: String
    /// Whether no figure of it is a speed and it leaves the machine idle, so that others may run at the same time.
    let isLight: Bool
    let run: @Sendable (Samples) async throws -> [Figures]

    static let all = [
        Scenario(name: "small", isLight: true, run: SmallBesideLarge.run),
        Scenario(name: "big-job", isLight: true, run: BigJob.run),
        Scenario(name: "pacing-tokens", isLight: true, run: Pacing.tokensBind),
        Scenario(name: "pacing-requests", isLight: true, run: Pacing.requestsBind),
        Scenario(name: "headers", isLight: true, run: Pacing.headers),
        Scenario(name: "shared", isLight: true, run: Pacing.shared),
        Scenario(name: "brownout", isLight: true, run: Brownout.run),
        Scenario(name: "deadlines", isLight: true, run: Deadlines.run),
        Scenario(name: "retry-after", isLight: true, run: Comeback.run),
        Scenario(name: "fairness", isLight: true, run: Fairness.run),
        Scenario(name: "split-keys", isLight: true, run: SplitKeys.run),
        Scenario(name: "buckets", isLight: false, run: Buckets.run),
        Scenario(name: "throughput", isLight: false, run: Throughput.run),
        Scenario(name: "memory", isLight: false, run: Memory.run),
    ]
}
