import FoundationEssentials
import JSONFuzz
import Testing

/// How long a fuzzer goes on: some thousand inputs with every test run, or for the seconds that
/// `PENSTOCK_FUZZ_SECONDS` says. Prints its seed, from which all inputs follow.
enum FuzzClock {
    private static let inputs = 3000

    /// Gives numbers to `attempt` until the time is over or an input fails, which it tells by what it returns.
    static func run(_ name: String, _ attempt: (inout SplitMix64) -> String?) throws {
        let environment = ProcessInfo.processInfo.environment
        let seconds = try environment["PENSTOCK_FUZZ_SECONDS"].map { try #require(Int($0), "not a number of seconds") }
        let seed = try environment["PENSTOCK_FUZZ_SEED"].map { try #require(UInt64($0), "not a seed") }
        let deadline = seconds.map { ContinuousClock.now.advanced(by: .seconds($0)) }
        let first = seed ?? UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(seed: first)
        var count = 0
        while deadline.map({ ContinuousClock.now < $0 }) ?? (count < inputs) {
            count += 1
            guard let failure = attempt(&random) else { continue }
            Issue.record("\(failure) (input \(count) of seed \(first))")
            break
        }
        if seconds != nil { print("fuzz \(name): \(count) inputs of seed \(first)") }
    }

    /// Changes some bytes: one to four cuts, repetitions, flipped bits or insertions of one of `fragments`.
    static func damage(_ bytes: [UInt8], with fragments: [[UInt8]], using random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.insert(contentsOf: fragments.randomElement(using: &random) ?? [], at: place)
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            default: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
            }
        }
        return bytes
    }
}
