import Penstock
import Redis
import Testing

@testable import Queue

/// The audit is what the randomised tests stand on, so it is tested for seeing what it looks for.
@Suite(.timeLimit(.minutes(1)))
struct AuditTests {
    @Test(arguments: [
        ["DEL", "backlog"], ["running", "gates", "t~t1", "3"], ["running", "tenants", "acme", "1"],
        ["ZADD", "delayed", "5", "1-1"], ["HDEL", "jobs", "1-a1"], ["HSET", "feeds", "n~1", "7"],
        ["ZADD", "parked", "1", "s:acme"], ["DEL", "vt:standard"], ["ZADD", "due", "99999999999999", "s:acme"],
        ["HSET", "leases", "x~0-1", "1"], ["HINCRBY", "shapes", "n\0\0\0\u{1}", "1"],
        ["XTRIM", "ready", "MAXLEN", "1"],
        ["XGROUP", "ready", "DESTROY", "workers"], ["HSET", "tries", "a~0-1", "1"],
        ["live jobs", "tenants", "acme", "5"],
    ])
    func whatIsWrongIsSeen(_ damage: [String]) async throws {
        try await Fixture.run { fixture in
            let batch = BatchID("batch_x")
            try await fixture.enqueue(fixture.jobs(4))
            _ = try await fixture.queue.feed(batch, lines: fixture.lines(1...2, of: batch), from: nil, to: .end)
            _ = try await fixture.take(2)
            #expect(try await Audit(fixture).problems.isEmpty)

            try await Self.damage(damage, fixture)

            #expect(try await !Audit(fixture).problems.isEmpty)
        }
    }

    /// A command and its arguments, or a number of a record: its name, the key, the field and what it is to be.
    private static func damage(_ damage: [String], _ fixture: Fixture) async throws {
        guard damage[0] == damage[0].uppercased() else {
            return try await fixture.change(damage[2], of: damage[1]) { $0[damage[0]] = Double(damage[3]) ?? .nan }
        }
        // XGROUP has its subcommand before its key.
        let isGroup = damage[0] == "XGROUP"
        let head: [any RedisArgument] = isGroup ? [damage[2], fixture.keys(damage[1])] : [fixture.keys(damage[1])]
        let rest: [any RedisArgument] = Array(damage.dropFirst(isGroup ? 3 : 2))
        _ = try await fixture.client.send(RedisCommand(damage[0], arguments: head + rest))
    }
}
