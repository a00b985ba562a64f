import Foundation
import Synchronization
import Testing

@testable import Telemetry

@Suite struct HealthTests {
    /// A clock that tests move.
    final class Clock: Sendable {
        private let time = Mutex(Duration.zero)
        func advance(_ duration: Duration) { time.withLock { $0 += duration } }
        var now: @Sendable () -> Duration { { self.time.withLock { $0 } } }
    }

    @Test func expectedChecksStartNotReady() {
        let health = Health(expecting: ["redis", "mongo"])
        #expect(!health.isReady)
        health.set("redis", .ready)
        #expect(!health.isReady)
        health.set("mongo", .ready)
        #expect(health.isReady)
        health.set("redis", .notReady("connection lost"))
        #expect(!health.isReady)
        #expect(health.isAlive)
    }

    @Test func aLoopThatStopsIsNoticed() {
        let clock = Clock()
        let health = Health(now: clock.now)
        health.beat("scheduler.tick", within: .seconds(5))
        clock.advance(.seconds(5))
        #expect(health.isAlive)
        clock.advance(.milliseconds(1))
        #expect(!health.isAlive)
        #expect(!health.isReady)
        health.beat("scheduler.tick", within: .seconds(1))
        #expect(health.isReady)
        clock.advance(.seconds(2))
        #expect(!health.isAlive)
        health.retire("scheduler.tick")
        #expect(health.isAlive)
    }

    @Test func oneDeadLoopIsEnough() {
        let clock = Clock()
        let health = Health(now: clock.now)
        health.beat("a", within: .seconds(1))
        health.beat("b", within: .seconds(10))
        clock.advance(.seconds(2))
        #expect(!health.isAlive)
        #expect(health.snapshot().loops["b"]?.isAlive == true)
    }

    @Test func theReportIsJSON() throws {
        let clock = Clock()
        let health = Health(expecting: ["mongo"], now: clock.now)
        health.set("redis", .ready)
        health.set("we\"ird", .notReady("a\nb"))
        health.beat("tick", within: .seconds(1))
        clock.advance(.milliseconds(1500))
        let text = String(decoding: health.snapshot().json, as: UTF8.self)
        #expect(
            text == #"{"ready":false,"alive":false,"checks":{"mongo":{"ready":false,"reason":"starting"},"#
                + #""redis":{"ready":true},"we\"ird":{"ready":false,"reason":"a\nb"}},"#
                + #""loops":{"tick":{"alive":false,"silence_ms":1500}}}"#
        )
        _ = try JSONSerialization.jsonObject(with: Data(text.utf8))
    }

    @Test func loopsAreMetrics() {
        let clock = Clock()
        let health = Health(now: clock.now)
        #expect(health.snapshot().prometheusText == "")
        health.beat("tick.p", within: .seconds(1))
        health.beat("feed", within: .seconds(10))
        clock.advance(.milliseconds(1500))
        #expect(
            health.snapshot().prometheusText == """
                # TYPE penstock_loop_silence_seconds gauge
                penstock_loop_silence_seconds{loop="feed"} 1.5
                penstock_loop_silence_seconds{loop="tick.p"} 1.5
                # TYPE penstock_loop_alive gauge
                penstock_loop_alive{loop="feed"} 1
                penstock_loop_alive{loop="tick.p"} 0

                """
        )
    }

    @Test func theDefaultClockMoves() {
        let first = Health.monotonic()
        #expect(Health.monotonic() >= first)
    }

    @Test func manyThreadsMayReport() {
        let health = Health()
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for _ in 0..<500 {
                health.set("check\(thread)", .notReady("x"))
                health.beat("loop\(thread)", within: .seconds(60))
                _ = health.isReady
                health.set("check\(thread)", .ready)
            }
        }
        #expect(health.isReady)
        #expect(health.snapshot().checks.count == 8)
        #expect(health.snapshot().loops.count == 8)
    }
}
