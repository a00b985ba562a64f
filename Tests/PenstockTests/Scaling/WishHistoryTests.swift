import Penstock
import Testing

@Suite struct WishHistoryTests {
    private let window = Duration.seconds(60)

    /// What is settled on second by second, for these wishes.
    private func settle(_ wishes: [Int], ready: Int = 0, most: Int = 64) -> [Int] {
        var history = WishHistory()
        return wishes.enumerated().map { second, wish in
            let now = PoolLoad.start.adding(.seconds(second))
            return history.settle(wish, ready: ready, most: most, window: window, at: now)
        }
    }

    @Test func upAtOnce() {
        #expect(settle([0, 1, 8, 3]) == [0, 1, 8, 8])
    }

    @Test func downToTheLargestOfTheWindowByHalfAStepAtATime() {
        let settled = settle([8] + Array(repeating: 0, count: 120))
        #expect(settled.prefix(61).allSatisfy { $0 == 8 })
        #expect(settled[61] == 4 && settled[71] == 2 && settled[81] == 1 && settled[91] == 0 && settled.last == 0)
    }

    @Test func aSmallerWishWithinTheWindowIsKept() {
        let settled = settle([8] + Array(repeating: 5, count: 100))
        #expect(settled[60] == 8 && settled[61] == 5 && settled.last == 5)
    }

    @Test func withoutAMemoryNobodyIsSentAway() {
        let settled = settle(Array(repeating: 1, count: 70), ready: 6)
        #expect(settled[59] == 6 && settled[60] == 3)
    }

    @Test(arguments: [6, 1000])
    func aGapIsALostMemory(seconds: Int) {
        var history = WishHistory()
        for second in 0..<90 {
            _ = history.settle(4, ready: 4, most: 64, window: window, at: PoolLoad.start.adding(.seconds(second)))
        }
        let later = PoolLoad.start.adding(.seconds(89 + seconds))
        #expect(history.settle(0, ready: 4, most: 64, window: window, at: later) == 4)
    }

    @Test func boundsHoldAtOnce() {
        #expect(settle([8, 8], most: 3) == [3, 3])
    }
}
