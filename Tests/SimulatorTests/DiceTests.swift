import Testing

@testable import Simulator

@Suite struct DiceTests {
    @Test func theSameBytesLeadToTheSameNumbers() {
        let first = Dice(hashing: Array("hello".utf8))
        let second = Dice(hashing: Array("hello".utf8))
        #expect(first.seed == second.seed)
        #expect(first.dice(for: .fault, 3).fraction() == second.dice(for: .fault, 3).fraction())
        #expect(first.hexadecimal() == second.hexadecimal())
        #expect(first.hexadecimal().utf8.count == 16)
        #expect(Dice(hashing: Array("hellp".utf8)).seed != first.seed)
    }

    @Test func purposesAndPositionsAreIndependent() {
        let dice = Dice(seed: 7)
        let throwsByPurpose = [Dice.Purpose.latency, .fault, .words, .schema].map { dice.dice(for: $0).fraction() }
        #expect(Set(throwsByPurpose).count == 4)
        #expect(dice.dice(for: .fault, 1).seed != dice.dice(for: .fault, 2).seed)
        #expect(dice.fraction(at: 0) != dice.fraction(at: 1))
    }

    @Test func numbersAreEvenlySpread() {
        var tenths = [Int](repeating: 0, count: 10)
        for index in 0..<20_000 { tenths[Dice(hashing: Array("\(index)".utf8)).number(below: 10)] += 1 }
        // 2,000 expected, with a standard deviation of 42.
        #expect(tenths.allSatisfy { (1800...2200).contains($0) })
        #expect(Dice(seed: 1).number(below: 1) == 0)
        #expect(Dice(seed: 1).number(below: 0) == 0)
    }

    @Test func aLognormalLatencyHasItsMedianAndSpread() {
        let distribution = LatencyDistribution.lognormal(median: .milliseconds(100), sigma: 0.5)
        let sorted = (0..<2000).map { distribution.duration(Dice(hashing: Array("\($0)".utf8))) }.sorted()
        #expect(abs(sorted[1000] / .milliseconds(100) - 1) < 0.06)
        // One standard deviation up is exp(0.5) times the median.
        #expect(abs(sorted[1682] / .milliseconds(100) - 1.65) < 0.12)
        #expect(LatencyDistribution.fixed(.seconds(2)).duration(Dice(seed: 5)) == .seconds(2))
    }
}
