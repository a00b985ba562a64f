import NIOCore
import Testing

@testable import Redis

private func request(_ id: UInt64, replies: Int = 1, deadline: Int64 = 1_000) -> Request<String> {
    Request(id: id, frames: ByteBuffer(), replyCount: replies, deadline: moment(deadline), promise: "\(id)")
}

private func moment(_ milliseconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .milliseconds(milliseconds) }

@Suite struct PendingRepliesTests {
    private func completion(_ receipt: PendingReplies<String>.Receipt) -> (String?, [RedisValue])? {
        if case .complete(let promise, let replies) = receipt { (promise, replies) } else { nil }
    }

    @Test func repliesGoToRequestsInOrder() {
        var pending = PendingReplies<String>()
        pending.append(request(1, replies: 2))
        pending.append(request(2))
        #expect(completion(pending.receive(.integer(1))) == nil)
        let first = completion(pending.receive(.integer(2)))
        #expect(first?.0 == "1")
        #expect(first?.1 == [.integer(1), .integer(2)])
        #expect(completion(pending.receive(.integer(3)))?.0 == "2")
        #expect(pending.isEmpty)
    }

    @Test func aReplyThatNobodyAskedForIsNoticed() {
        var pending = PendingReplies<String>()
        guard case .unexpected = pending.receive(.null) else {
            Issue.record("accepted")
            return
        }
    }

    @Test func aCancelledRequestLeavesATombstone() {
        var pending = PendingReplies<String>()
        pending.append(request(1))
        pending.append(request(2))
        #expect(pending.cancel(1) == "1")
        #expect(pending.cancel(1) == nil)
        #expect(pending.cancel(9) == nil)
        let tombstone = completion(pending.receive(.integer(1)))
        #expect(tombstone != nil)
        #expect(tombstone?.0 == nil)
        #expect(completion(pending.receive(.integer(2)))?.0 == "2")
    }

    @Test func tombstonesStillCountForTheDeadline() {
        var pending = PendingReplies<String>()
        #expect(pending.earliestDeadline == nil)
        pending.append(request(1, deadline: 500))
        pending.append(request(2, deadline: 300))
        pending.append(request(3, deadline: 900))
        _ = pending.cancel(2)
        #expect(pending.earliestDeadline == moment(300))
    }

    @Test func lossTellsTheLateFromTheRest() {
        var pending = PendingReplies<String>()
        pending.append(request(1, deadline: 300))
        pending.append(request(2, deadline: 900))
        pending.append(request(3, deadline: 900))
        _ = pending.cancel(3)
        let lost = pending.removeAll(at: moment(300))
        #expect(lost.map(\.promise) == ["1", "2"])
        #expect(lost.map(\.isLate) == [true, false])
        #expect(pending.isEmpty)
    }
}

@Suite struct ClientStateMachineTests {
    private typealias Machine = ClientStateMachine<String>

    private func machine(maximumWaiting: Int = 10) -> Machine {
        Machine(backoff: RedisBackoff(), maximumWaiting: maximumWaiting)
    }

    private func name(_ submission: Machine.Submission) -> String {
        switch submission {
        case .write: "write"
        case .wait: "wait"
        case .connect: "connect"
        case .refuse(let error): "refuse \(error.code)"
        }
    }

    @Test func firstRequestConnectsAndAllWaitForIt() {
        var machine = machine()
        #expect(name(machine.submit(request(1))) == "connect")
        #expect(name(machine.submit(request(2))) == "wait")
        #expect(machine.connected(at: moment(0))?.map(\.id) == [1, 2])
        #expect(name(machine.submit(request(3))) == "write")
    }

    @Test func waitingRequestsSurviveFailedAttempts() {
        var machine = machine()
        _ = machine.submit(request(1))
        let retry = machine.connectFailed(RedisError(.connectFailed, "refused"), at: moment(0), random: 0.5)
        #expect(retry?.delay == .milliseconds(25))
        #expect(retry?.isFirst == true)
        #expect(retry?.refused == [])
        #expect(name(machine.submit(request(2))) == "wait")
        #expect(machine.lastFailure?.message == "refused")
        let retries = [machine.retry(), machine.retry()]
        #expect(retries == [true, false])
        #expect(machine.connected(at: moment(50))?.map(\.id) == [1, 2])
        #expect(machine.lastFailure == nil)
    }

    @Test func wrongCredentialsFailWhatWaits() {
        var machine = machine()
        _ = machine.submit(request(1))
        let retry = machine.connectFailed(RedisError(.authenticationFailed, "no"), at: moment(0), random: 0)
        #expect(retry?.refused == ["1"])
        #expect(machine.earliestDeadline == nil)
    }

    @Test func theQueueIsBounded() {
        var machine = machine(maximumWaiting: 1)
        _ = machine.submit(request(1))
        #expect(name(machine.submit(request(2))) == "refuse queueFull")
    }

    @Test func waitingRequestsExpireAndCancel() {
        var machine = machine()
        _ = machine.submit(request(1, deadline: 300))
        _ = machine.submit(request(2, deadline: 100))
        _ = machine.submit(request(3, deadline: 200))
        #expect(machine.earliestDeadline == moment(100))
        #expect(machine.expire(at: moment(100)) == ["2"])
        #expect(machine.cancel(3) == "3")
        #expect(machine.cancel(3) == nil)
        #expect(machine.earliestDeadline == moment(300))
    }

    @Test func onlyAConnectionThatLastedResetsTheBackoff() {
        var machine = machine()
        _ = machine.submit(request(1))
        _ = machine.connected(at: moment(0))
        var delays: [Duration?] = []
        for start in [Int64(10), 20] {
            delays.append(machine.connectionLost(at: moment(start), random: 1)?.delay)
            _ = machine.retry()
            _ = machine.connected(at: moment(start))
        }
        delays.append(machine.connectionLost(at: moment(20 + 2_000), random: 1)?.delay)
        #expect(delays == [.milliseconds(50), .milliseconds(100), .milliseconds(50)])
    }

    @Test func aClosedMachineWantsNothingMore() {
        var machine = machine()
        _ = machine.submit(request(1))
        #expect(machine.close() == ["1"])
        #expect(machine.connected(at: moment(0)) == nil)
        #expect(machine.connectionLost(at: moment(0), random: 0) == nil)
        #expect(name(machine.submit(request(2))) == "refuse closed")
    }
}

@Suite struct SmallDecisionTests {
    @Test func keepAliveAsksOnceAndGivesUp() {
        var keepAlive = KeepAlive()
        keepAlive.received()
        #expect(keepAlive.tick(isBusy: false) == .none)
        #expect(keepAlive.tick(isBusy: true) == .none)
        #expect(keepAlive.tick(isBusy: false) == .ping)
        keepAlive.received()
        #expect(keepAlive.tick(isBusy: false) == .none)
        #expect(keepAlive.tick(isBusy: false) == .ping)
        #expect(keepAlive.tick(isBusy: true) == .giveUp)
    }

    private static let everything: RedisConfiguration = {
        var configuration = RedisConfiguration(host: "h")
        configuration.username = "u"
        configuration.password = "p"
        configuration.database = 2
        configuration.clientName = "n"
        return configuration
    }()

    @Test func handshakeSendsWhatIsConfigured() {
        #expect(Handshake(Self.everything).commands.map(\.name) == ["AUTH", "SELECT", "CLIENT", "PING"])
        #expect(Handshake(RedisConfiguration(host: "h")).commands.map(\.name) == ["PING"])
    }

    @Test(arguments: [
        (0, "WRONGPASS no", RedisError.Code.authenticationFailed),
        (0, "ERR AUTH called without any password configured", .authenticationFailed),
        (0, "ERR max number of clients reached", .connectFailed),
        (1, "ERR DB index is out of range", .connectFailed),
        (1, "BUSY a script runs", .connectFailed),
        (3, "NOAUTH Authentication required.", .authenticationFailed),
        (3, "ERR max number of clients reached", .connectFailed),
    ])
    func handshakeFails(_ step: Int, _ line: String, _ code: RedisError.Code) {
        #expect(Self.verdict(step, line)?.code == code)
    }

    @Test(arguments: [
        (2, "NOPERM no client command"), (3, "LOADING dataset"), (3, "BUSY script"), (3, "MASTERDOWN link"),
        (3, "MISCONF snapshots"), (3, "NOPERM no ping"),
    ])
    func handshakeTolerates(_ step: Int, _ line: String) {
        #expect(Self.verdict(step, line) == nil)
    }

    private static func verdict(_ step: Int, _ line: String) -> RedisError? {
        var replies = [RedisValue](repeating: .status("OK"), count: 4)
        replies[step] = .error(RedisServerError(line: line))
        return Handshake(everything).failure(in: replies)
    }

    @Test(arguments: [
        ("NOSCRIPT x", false), ("LOADING x", false), ("READONLY x", false), ("OOM x", true), ("ERR x", true),
    ])
    func serverErrorsTellWhetherTheCommandMayHaveRun(_ line: String, _ mayHaveRun: Bool) {
        #expect(RedisError(server: RedisServerError(line: line)).mayHaveRun == mayHaveRun)
    }

    @Test func hugeTimeoutsDoNotOverflow() {
        #expect(NIODeadline.after(.seconds(Int64.max)) > .now() + .hours(24))
        #expect(NIODeadline.after(.seconds(-1), from: moment(5)) == moment(5))
    }
}
