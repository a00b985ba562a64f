import Penstock
import Testing

@testable import Intake

struct ConnectionBoundsTests {
    private static let now = ContinuousClock.now

    /// - Parameter idle: seconds; nil for one that is busy.
    private func open(_ number: Int, _ address: String, idle: Int?) -> ConnectionBounds.Candidate {
        ConnectionBounds.Candidate(
            number: number,
            address: address,
            idleSince: idle.map { Self.now.advanced(by: .seconds(-$0)) }
        )
    }

    @Test func theOldestIdleOneMakesRoom() {
        let bounds = ConnectionBounds(total: 3, perAddress: nil)
        var known = [open(1, "a", idle: nil), open(2, "b", idle: 5)]
        #expect(bounds.decide("c", among: known) == .admit)
        known.append(open(3, "c", idle: 9))
        #expect(bounds.decide("c", among: known) == .replace(3))
        known = [1, 2, 3].map { open($0, "a", idle: nil) }
        #expect(bounds.decide("c", among: known) == .refuse)
    }

    @Test func anAddressMakesRoomForItself() {
        let bounds = ConnectionBounds(total: 10, perAddress: 2)
        let known = [open(1, "a", idle: nil), open(2, "a", idle: 1), open(3, "b", idle: 60), open(4, "c", idle: nil)]
        #expect(bounds.decide("a", among: known) == .replace(2))
        #expect(bounds.decide("b", among: known) == .admit)
        #expect(bounds.decide("c", among: known + [open(5, "c", idle: nil)]) == .refuse)
    }

    @Test func descriptorsAreKeptBack() {
        #expect(DescriptorLimit.connections(limit: 256, open: 40) == 120)
        #expect(DescriptorLimit.connections(limit: 64, open: 40) == 16)
        #expect(DescriptorLimit.connections(limit: 1 << 20, open: 40) == 10_000)
        #expect(DescriptorLimit.connections >= 16)
    }

    @Test func longAnswersLeaveConnectionsToShortOnes() throws {
        let shares = ConnectionShares(connections: 40)
        let places = [
            (shares.requests(IntakeConfiguration()), 20), (shares.waits(IntakeConfiguration()), 10),
            (shares.streams(), 5), (shares.waits(IntakeConfiguration(maxWaitsPerTenant: 3)), 3),
            (ConnectionShares(connections: 1).streams(), 1),
        ]
        for (kind, count) in places {
            let taken = try (0..<count).map { _ in try kind.take(for: TenantID(trusted: "a")) }
            #expect(throws: APIError.self) { _ = try kind.take(for: TenantID(trusted: "a")) }
            withExtendedLifetime(taken) {}
        }
    }

    @Test func bodiesAreGivenTime() {
        let pace = BodyPace(minBytesPerSecond: 100, grace: .seconds(10))
        #expect(!pace.isTooSlow(0, in: .seconds(10)))
        #expect(pace.isTooSlow(99, in: .seconds(11)))
        #expect(!pace.isTooSlow(100, in: .seconds(11)))
        #expect(!BodyPace(minBytesPerSecond: 0).isTooSlow(0, in: .seconds(1000)))
    }

    @Test func oneLineASecond() {
        let throttle = Throttle()
        #expect(throttle.note(now: Self.now) == 1)
        #expect(throttle.note(now: Self.now) == nil)
        #expect(throttle.note(now: Self.now.advanced(by: .milliseconds(900))) == nil)
        #expect(throttle.note(now: Self.now.advanced(by: .seconds(1))) == 3)
    }
}
