import Testing

@testable import Simulator

@Suite struct FaultTests {
    private var rates: FaultRates {
        var rates = FaultRates()
        rates.error500 = 100
        rates.error503 = 50
        rates.reset = 20
        rates.hang = 10
        rates.malformed = 20
        return rates
    }

    @Test func faultsHappenAtTheirRates() {
        var counts: [String: Int] = [:]
        for index in 0..<20_000 {
            counts[
                "\(String(describing: rates.fault(Dice(hashing: Array("\(index)".utf8)), occurrence: 1)))",
                default: 0
            ] += 1
        }
        #expect((1850...2150).contains(counts["Optional(Simulator.Fault.status(500))"] ?? 0))
        #expect((880...1120).contains(counts["Optional(Simulator.Fault.status(503))"] ?? 0))
        #expect((320...480).contains(counts["Optional(Simulator.Fault.reset)"] ?? 0))
        #expect((320...480).contains(counts["Optional(Simulator.Fault.malformed)"] ?? 0))
        #expect((150...250).contains(counts["Optional(Simulator.Fault.hang)"] ?? 0))
        #expect((15_700...16_300).contains(counts["nil"] ?? 0))
    }

    @Test func repeatingAFailedRequestCanSucceed() throws {
        let failing = (0..<1000).map { Dice(hashing: Array("\($0)".utf8)) }
            .filter { rates.fault($0, occurrence: 1) != nil }
        try #require(failing.count > 100)
        let failingAgain = failing.filter { rates.fault($0, occurrence: 2) != nil }
        #expect(failingAgain.count < failing.count / 2)
        #expect(failing.allSatisfy { rates.fault($0, occurrence: 1) == rates.fault($0, occurrence: 1) })
    }

    @Test func withoutRatesNothingFails() {
        for seed in 0..<1000 as Range<UInt64> { #expect(FaultRates().fault(Dice(seed: seed), occurrence: 1) == nil) }
    }

    @Test func bodiesAreCountedAndTheOldestForgotten() {
        var seen = SeenBodies(capacity: 3)
        #expect((1...3).map { seen.see($0) } == [1, 1, 1])
        #expect(seen.see(1) == 2)
        #expect(seen.see(4) == 1)
        #expect(seen.see(1) == 1)
        #expect(seen.see(3) == 2)
        #expect(seen.see(2) == 1)
        #expect(seen.see(3) == 1)
    }
}
