import Penstock
import Testing

@Suite struct PoolPaceTests {
    /// What a pool's pace is after looks a second apart, each with what was taken so far, what waits and what runs.
    private func pace(_ looks: [(taken: Int, waiting: Int, running: Int)], every seconds: Double = 1) -> PoolPace {
        var pace = PoolPace()
        for (place, look) in looks.enumerated() {
            pace.note(
                .test(after: Double(place) * seconds) {
                    ($0.takenJobs, $0.waiting, $0.running) = (look.taken, look.waiting, look.running)
                }
            )
        }
        return pace
    }

    @Test func aSteadyFlowIsARate() {
        let pace = pace((0...6).map { ($0 * 200, 10, 200) })
        #expect(pace.arrivalsPerSecond == 200)
        #expect(pace.service == 1)
    }

    @Test func whatComesAtOnceIsNoRate() {
        let looks = [(0, 0, 0), (0, 10_000, 0), (250, 9750, 250), (500, 9500, 250), (750, 9250, 250)]
        #expect(pace(looks).arrivalsPerSecond == 0)
    }

    @Test func whatComesEveryOtherSecondIsARate() {
        var waiting = 0
        let pace = pace(
            (0..<8).map { place in
                waiting += place.isMultiple(of: 2) ? 400 : 0
                return (0, waiting, 0)
            }
        )
        #expect((100...200).contains(pace.arrivalsPerSecond))
    }

    @Test func aStepIsFollowedWithinSixLooks() {
        let pace = pace((0...6).map { ($0 * 2000, 0, 2000) })
        #expect(pace.arrivalsPerSecond == 2000)
    }

    @Test func linesThatAreFedDoNotArriveAgain() {
        var pace = PoolPace()
        for second in 0...6 {
            pace.note(
                .test(after: Double(second)) {
                    ($0.takenJobs, $0.waiting, $0.unfed) = (second * 100, 2000, 50_000 - second * 100)
                }
            )
        }
        #expect(pace.arrivalsPerSecond == 0)
    }

    @Test func moreThatLeaveThanComeAreNoNegativeRate() {
        #expect(pace([(0, 900, 0), (0, 600, 0), (0, 300, 0), (0, 0, 0)]).arrivalsPerSecond == 0)
    }

    @Test func looksAMomentApartAreOne() {
        var pace = pace([(0, 0, 0), (100, 0, 100)])
        let before = pace
        pace.note(.test(after: 1.1) { $0.takenJobs = 5000 })
        #expect(pace == before)
    }

    @Test(arguments: [
        PoolLoad.test(after: 100) { $0.takenJobs = 1000 },
        // Of an outage what runs would count for the whole time, what is taken for a moment.
        PoolLoad.test(after: 10) { ($0.takenJobs, $0.running) = (610, 2000) },
        PoolLoad.test(after: 7) { $0.takenJobs = 3 },
        PoolLoad.test(after: -50) { $0.takenJobs = 2000 },
    ])
    func aGapAndALostQueueBeginAnew(load: PoolLoad) {
        var pace = pace((0...6).map { ($0 * 100, 0, 50) })
        pace.note(load)
        #expect(pace.arrivalsPerSecond == 0 && pace.steps.isEmpty)
        // How long calls take is not forgotten.
        #expect(pace.service == 0.5)
    }
}
