import Penstock
import Redis

@testable import Queue

/// The scripts' clock, held still and moved by the test.
///
/// Scripts do not let time go back: a moment up to a minute ahead of the present that they saw once stays their present.
/// So a test has about forty seconds, as long as it takes less than its head start itself.
struct VirtualTime {
    private static let headStart = Duration.seconds(18)
    private let fixture: Fixture
    private(set) var now: Timestamp

    init(_ fixture: Fixture) async throws {
        self.fixture = fixture
        now = Timestamp.present.adding(Self.headStart)
        try await set(now)
    }

    mutating func advance(_ duration: Duration) async throws { try await set(now.adding(duration)) }

    mutating func set(_ moment: Timestamp) async throws {
        now = moment
        _ = try await fixture.client.send("HSET", fixture.keys("tick"), "clock", moment.milliseconds)
    }

    /// A job that must be done in so long.
    func job(_ tenant: String = "acme", in deadline: Duration, tokens: Int = 100) -> Job {
        var job = fixture.job(tenant, tokens: tokens)
        job.deadline = now.adding(deadline)
        return job
    }
}

extension Fixture {
    /// The test's fixture with a clock that stands.
    static func timed(
        _ pool: Pool = .test(),
        arguments: [String] = [],
        _ body: (Fixture, inout VirtualTime) async throws -> Void
    ) async throws {
        try await run(pool, arguments: arguments) { fixture in
            var time = try await VirtualTime(fixture)
            try await body(fixture, &time)
        }
    }

    /// How long `take` says to wait when it gives nothing.
    func wait() async throws -> Duration? {
        let result = try await queue.take(1, for: worker)
        return result.jobs.isEmpty ? result.wait : .zero
    }

    /// Takes what may go and gives it to no one: names of targets, sorted.
    func takenTargets(_ limit: Int) async throws -> [String] { try await take(limit).map(\.target).sorted() }

    func targetState(_ name: String) async throws -> TargetOverview? {
        try await queue.overview(tenants: 10).targets.first { $0.name == name }
    }

    /// Lets the pool see `count` calls that took so long and used so much.
    func teach(_ count: Int, service: Duration = .seconds(1), usage: Usage = Usage(input: 100, output: 0)) async throws
    {
        try await enqueue(jobs(count, "teacher"))
        for taken in try await take(count) {
            _ = try await queue.settle(taken.lease, .answered(usage, service: service))
        }
    }

    /// What a script left in a hash.
    func field(_ field: String, of key: String) async throws -> String? {
        try await client.send("HGET", keys(key), field).string
    }
}

extension Settlement {
    static func answered(
        _ usage: Usage? = nil,
        service: Duration? = nil,
        firstByte: Duration? = nil,
        signals: RateSignals? = nil
    ) -> Settlement {
        Settlement(
            usage: usage,
            mayHaveBeenSent: true,
            chargesTenant: true,
            target: .answered,
            signals: signals,
            serviceTime: service,
            firstByte: firstByte
        )
    }

    /// A call that failed without the tenant's fault.
    static func failed(_ verdict: TargetVerdict) -> Settlement {
        Settlement(usage: nil, mayHaveBeenSent: true, chargesTenant: false, target: verdict)
    }
}

extension Target {
    static func adaptive(_ name: String, _ adaptive: AdaptiveConcurrency, cap: Int? = nil) -> Target {
        var target = Target.test(name, cap: cap)
        target.adaptiveConcurrency = adaptive
        return target
    }
}

extension TenantID {
    static let acme = TenantID(trusted: "acme")
}
