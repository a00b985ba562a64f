import Penstock
import Testing

@testable import Courier

@Suite(.timeLimit(.minutes(1)))
struct SendSlotsTests {
    private let slow = TenantID(trusted: "slow")
    private let other = TenantID(trusted: "other")

    @Test func aTenantHasNoMoreThanItsShare() async {
        let slots = SendSlots(100)
        #expect(await slots.take(atMost: 60, for: slow) == 25)
        #expect(await slots.take(atMost: 10, for: other) == 10)
    }

    @Test func whoeverWaitsForItsOwnTenantHoldsUpNobody() async {
        let slots = SendSlots(100)
        #expect(await slots.take(atMost: 25, for: slow) == 25)
        let waiting = Task { await slots.take(atMost: 5, for: slow) }
        #expect(await slots.take(atMost: 5, for: other) == 5)
        slots.release(1, of: slow)
        #expect(await waiting.value == 1)
    }

    @Test func freedPlacesGoToThoseWhoMayHaveThem() async {
        let slots = SendSlots(8)
        #expect(await slots.take(atMost: 8, for: slow) == 8)
        let first = Task { await slots.take(atMost: 1, for: other) }
        slots.release(2, of: slow)
        #expect(await first.value == 1)
        #expect(await slots.take(atMost: 2, for: slow) == 1)
    }

    @Test func aCancelledWaiterGetsNone() async {
        let slots = SendSlots(1)
        #expect(await slots.take(atMost: 1, for: slow) == 1)
        let waiting = Task { await slots.take(atMost: 1, for: other) }
        waiting.cancel()
        #expect(await waiting.value == 0)
        slots.release(1, of: slow)
        #expect(await slots.take(atMost: 1, for: other) == 1)
    }
}
