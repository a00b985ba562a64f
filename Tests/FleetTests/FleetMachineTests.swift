import Glibc
import Testing

@testable import Fleet

@Suite struct FleetMachineTests {
    private let start = ContinuousClock.now

    private static func child(_ name: String, stopOrder: Int = 0) -> ChildSpecification {
        ChildSpecification(
            name: name,
            executable: "/bin/false",
            arguments: [],
            stopOrder: stopOrder,
            grace: .seconds(10)
        )
    }

    /// A fleet of children with these stop orders and a grace of 10 s each.
    private func machine(_ stopOrders: [Int]) -> FleetMachine {
        var machine = FleetMachine()
        for (index, order) in stopOrders.enumerated() {
            _ = machine.add(Self.child("child-\(index)", stopOrder: order), at: start)
        }
        return machine
    }

    private func machine(_ stopOrders: Int...) -> FleetMachine { machine(stopOrders) }

    /// The same, with every child running under the process id 100 + its index.
    private func runningMachine(_ stopOrders: Int...) -> FleetMachine {
        var machine = machine(stopOrders)
        _ = machine.tick(at: start)
        for index in stopOrders.indices { machine.spawned(index, pid: 100 + pid_t(index)) }
        return machine
    }

    @Test func allChildrenAreStartedOnce() {
        var machine = machine(1, 2)
        #expect(machine.nextDeadline == start)
        #expect(machine.tick(at: start) == [.spawn(0), .spawn(1)])
        #expect(machine.tick(at: start) == [])
        machine.spawned(0, pid: 100)
        machine.spawned(1, pid: 101)
        #expect(machine.nextDeadline == nil && !machine.isFinished)
    }

    @Test func aChildThatEndsIsStartedAgainAfterItsDelay() {
        var machine = runningMachine(1)
        let ended = start + .seconds(3)
        let restart = FleetMachine.Action.awaitRestart(0, delay: .seconds(1), failures: 1)
        #expect(machine.ended(0, at: ended, jitter: 0) == [restart])
        #expect(machine.nextDeadline == ended + .seconds(1))
        #expect(machine.tick(at: ended + .milliseconds(999)) == [])
        #expect(machine.tick(at: ended + .seconds(1)) == [.spawn(0)])
    }

    @Test func delaysDoubleUpToTheLongestAndStartOverAfterHealth() {
        var machine = runningMachine(1)
        var now = start
        var delays: [Duration] = []
        for _ in 0..<8 {
            guard case .awaitRestart(_, let delay, _)? = machine.ended(0, at: now, jitter: 0).first else { return }
            delays.append(delay)
            now += delay
            #expect(machine.tick(at: now) == [.spawn(0)])
            machine.spawned(0, pid: 200)
        }
        #expect(delays == [1, 2, 4, 8, 16, 20, 20, 20].map { .seconds($0) })
        // Ready for long enough it is healthy again; killed then, it is back at once.
        machine.becameReady(0, at: now)
        let recovered = FleetMachine.Action.awaitRestart(0, delay: .zero, failures: 1)
        #expect(machine.ended(0, at: now + .seconds(5), jitter: 0) == [recovered])
    }

    @Test func whoWasReadyAndIsKilledIsBackAtOnceUnlessItHappensAgainAndAgain() {
        var machine = runningMachine(1)
        var delays: [Duration] = []
        for _ in 0..<6 {
            machine.becameReady(0, at: start)
            guard case .awaitRestart(_, let delay, _)? = machine.ended(0, at: start, jitter: 0).first else { return }
            delays.append(delay)
            #expect(machine.tick(at: start + delay) == [.spawn(0)])
            machine.spawned(0, pid: 200)
        }
        #expect(delays == [0, 0, 0, 8, 16, 20].map { .seconds($0) })
    }

    @Test func oneThatIsRetiredFinishesAndIsGone() {
        var machine = runningMachine(1, 1)
        #expect(machine.retire(0) == [.retire(0, pid: 100)])
        #expect(machine.retire(0) == [] && machine.nextDeadline == nil)
        #expect(machine.status(of: 0)?.phase == .ending)
        #expect(machine.ended(0, at: start + .seconds(900), jitter: 0) == [.forget(0)])
        #expect(machine.status(of: 0) == nil && machine.tick(at: start + .seconds(901)) == [])
        // One that waits to be started again is not started.
        _ = machine.ended(1, at: start, jitter: 0)
        #expect(machine.retire(1) == [.forget(1)])
        #expect(machine.tick(at: start + .seconds(60)) == [])
    }

    @Test func shutdownHurriesOneThatRetires() {
        var machine = runningMachine(1)
        _ = machine.retire(0)
        #expect(machine.stop(at: start) == [.terminate(0, pid: 100)])
        #expect(machine.tick(at: start + .seconds(10)) == [.kill(0, pid: 100)])
        #expect(machine.ended(0, at: start + .seconds(10), jitter: 0) == [] && machine.isFinished)
    }

    @Test func oneMayBeAddedAtAnyTime() {
        var machine = runningMachine(1)
        let number = machine.add(Self.child("new"), at: start)
        #expect(number == 1 && machine.tick(at: start) == [.spawn(1)])
        machine.spawned(1, pid: 300)
        #expect(machine.status(of: 1)?.phase == .starting)
        machine.becameReady(1, at: start)
        #expect(machine.status(of: 1)?.phase == .ready)
    }

    @Test func aChildThatCannotBeStartedIsTriedAgain() {
        var machine = machine(1)
        _ = machine.tick(at: start)
        let restart = FleetMachine.Action.awaitRestart(0, delay: .seconds(1), failures: 1)
        #expect(machine.ended(0, at: start, jitter: 0) == [restart])
        #expect(machine.tick(at: start + .seconds(1)) == [.spawn(0)])
    }

    @Test(arguments: 1...40) func jitterStaysWithinTheBounds(failures: Int) {
        let policy = RestartPolicy()
        let shortest = policy.delay(afterFailures: failures, jitter: 0)
        let longest = policy.delay(afterFailures: failures, jitter: 1)
        #expect(shortest >= .seconds(1) && longest <= .seconds(30))
        #expect(longest == shortest * 1.5)
    }

    @Test func childrenEndInTheirOrder() {
        var machine = runningMachine(3, 1, 2, 1)
        #expect(machine.stop(at: start) == [.terminate(1, pid: 101), .terminate(3, pid: 103)])
        #expect(machine.stop(at: start) == [])
        #expect(machine.ended(3, at: start, jitter: 0) == [])
        #expect(machine.ended(1, at: start, jitter: 0) == [.terminate(2, pid: 102)])
        #expect(machine.ended(2, at: start, jitter: 0) == [.terminate(0, pid: 100)])
        #expect(!machine.isFinished)
        #expect(machine.ended(0, at: start, jitter: 0) == [])
        #expect(machine.isFinished && machine.nextDeadline == nil)
    }

    @Test func aChildThatDoesNotEndIsKilledOnce() {
        var machine = runningMachine(1, 2)
        _ = machine.stop(at: start)
        #expect(machine.nextDeadline == start + .seconds(10))
        #expect(machine.tick(at: start + .seconds(9)) == [])
        #expect(machine.tick(at: start + .seconds(10)) == [.kill(0, pid: 100)])
        #expect(machine.tick(at: start + .seconds(60)) == [])
        #expect(machine.ended(0, at: start + .seconds(60), jitter: 0) == [.terminate(1, pid: 101)])
        // Its grace counts from when it was asked, not from the beginning of the shutdown.
        #expect(machine.nextDeadline == start + .seconds(70))
    }

    @Test func nothingIsStartedAgainDuringShutdown() {
        var machine = runningMachine(1, 2, 3)
        _ = machine.ended(0, at: start, jitter: 0)
        #expect(machine.stop(at: start) == [.terminate(1, pid: 101)])
        #expect(machine.ended(2, at: start, jitter: 0) == [])
        #expect(machine.tick(at: start + .seconds(5)) == [])
        #expect(machine.ended(1, at: start, jitter: 0) == [])
        #expect(machine.isFinished)
    }

    @Test func anEmptyFleetIsFinishedWhenStopped() {
        var machine = FleetMachine()
        #expect(!machine.isFinished)
        #expect(machine.stop(at: start) == [] && machine.isFinished)
    }
}
