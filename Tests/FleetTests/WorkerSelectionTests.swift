import Testing

@testable import Fleet

@Suite struct WorkerSelectionTests {
    private func member(_ number: Int, _ phase: FleetMachine.Phase = .ready) -> WorkerSelection.Member {
        WorkerSelection.Member(number: number, phase: phase, pid: phase == .waiting ? nil : 100 + number)
    }

    private func changes(_ members: [WorkerSelection.Member], _ wanted: Int, _ load: [Int: Int] = [:])
        -> (start: Int, retire: [Int])
    {
        WorkerSelection.changes(members, wanted: wanted, load: load)
    }

    @Test func whatIsMissingIsStarted() {
        #expect(changes([member(1)], 4) == (3, []))
        #expect(changes([member(1)], 1) == (0, []))
    }

    @Test func theLeastBusyEndFirst() {
        let members = [member(1), member(2), member(3)]
        #expect(changes(members, 1, [101: 5, 102: 90, 103: 4]) == (0, [3, 1]))
        #expect(changes(members, 0, [101: 5, 102: 90, 103: 4]) == (0, [3, 1, 2]))
    }

    @Test func ofEqualsTheNewestEndsFirst() {
        #expect(changes([member(1), member(2)], 1, [101: 0, 102: 0]) == (0, [2]))
    }

    @Test func whoDoesNotRunGoesBeforeWhoDoes() {
        let members = [member(1), member(2, .starting), member(3, .waiting)]
        #expect(changes(members, 2, [101: 0]) == (0, [3]))
        #expect(changes(members, 1, [101: 0]) == (0, [3, 2]))
    }

    @Test func whoHasNotToldMayBeBusy() {
        #expect(changes([member(1), member(2)], 1, [101: 200]) == (0, [1]))
    }
}
