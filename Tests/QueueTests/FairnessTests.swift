import Penstock
import Testing

@testable import Queue

@Suite(.timeLimit(.minutes(1)))
struct FairnessTests {
    private func counts(_ jobs: [Job]) -> [String: Int] {
        jobs.reduce(into: [:]) { $0[$1.tenant.text, default: 0] += 1 }
    }

    @Test func tenantsShareTokensByWeight() async throws {
        try await Fixture.run { fixture in
            try await fixture.queue.setPolicy(TenantPolicy(weight: 3), for: TenantID(trusted: "heavy"))
            // Jobs of different size: the share is one of tokens, not of jobs.
            try await fixture.enqueue(fixture.jobs(200, "light", tokens: 50) + fixture.jobs(200, "heavy", tokens: 200))

            let served = try await fixture.serve(100)

            let tokens = served.reduce(into: [:]) { $0[$1.tenant.text, default: 0] += $1.estimate.input }
            let share = Double(tokens["heavy"] ?? 0) / Double(tokens["light"] ?? 1)
            #expect((2.7...3.3).contains(share), "share \(share)")
        }
    }

    @Test func aSmallTenantIsNotBehindALargeOne() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(2000, "large"))
            _ = try await fixture.serve(20)
            try await fixture.enqueue(fixture.jobs(10, "small"))

            let served = try await fixture.serve(21)

            #expect(counts(served)["small"] == 10)
        }
    }

    @Test func oneLargeTakeIsAsFairAsManySmallOnes() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(100, "a") + fixture.jobs(100, "b"))
            let taken = try await fixture.take(40)
            #expect(counts(taken.map(\.job)) == ["a": 20, "b": 20])
        }
    }

    @Test func classesShareByWeight() async throws {
        try await Fixture.run { fixture in
            for jobClass in JobClass.allCases { try await fixture.enqueue(fixture.jobs(100, "acme", jobClass)) }

            let served = try await fixture.serve(100)

            let counts = served.reduce(into: [:]) { $0[$1.jobClass, default: 0] += 1 }
            #expect((58...62).contains(counts[.interactive] ?? 0), "\(counts)")
            #expect((28...32).contains(counts[.standard] ?? 0), "\(counts)")
            #expect((8...12).contains(counts[.batch] ?? 0), "\(counts)")
        }
    }

    @Test func aClassThatComesLateGetsNoCredit() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(200, "acme", .batch))
            _ = try await fixture.serve(50)
            try await fixture.enqueue(fixture.jobs(200, "acme", .standard))

            let served = try await fixture.serve(40)

            let batch = served.filter { $0.jobClass == .batch }.count
            #expect((9...11).contains(batch), "\(batch)")
        }
    }

    @Test func theEarliestDeadlineGoesFirst() async throws {
        try await Fixture.run { fixture in
            let hours = [5, 2, 9, 1, 7]
            try await fixture.enqueue(hours.map { fixture.job(deadlineIn: .seconds(3600 * $0)) })
            let served = try await fixture.serve(5)
            #expect(served.map(\.deadline) == served.map(\.deadline).sorted())
            #expect(served.count == 5)
        }
    }

    @Test func aReturningTenantGetsNoCredit() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(1, "away") + fixture.jobs(200, "busy"))
            _ = try await fixture.serve(101)
            try await fixture.enqueue(fixture.jobs(100, "away"))

            let served = try await fixture.serve(40)

            #expect((19...21).contains(counts(served)["away"] ?? 0), "\(counts(served))")
        }
    }

    @Test func aTenantParkedByItsCapGetsNoCredit() async throws {
        try await Fixture.run { fixture in
            let capped = TenantID(trusted: "capped")
            try await fixture.queue.setPolicy(TenantPolicy(maxRunning: 1), for: capped)
            try await fixture.enqueue(fixture.jobs(100, "capped") + fixture.jobs(200, "free"))
            let held = try #require(try await fixture.take(2).first { $0.job.tenant == capped })
            _ = try await fixture.serve(60)
            #expect(try await fixture.queue.settle(held.lease, .asEstimated))

            let served = try await fixture.serve(40)

            #expect((19...21).contains(counts(served)["capped"] ?? 0), "\(counts(served))")
        }
    }

    @Test func theCapOfRunningJobsParksAndUnparks() async throws {
        try await Fixture.run { fixture in
            let acme = TenantID(trusted: "acme")
            try await fixture.queue.setPolicy(TenantPolicy(maxRunning: 2), for: acme)
            try await fixture.enqueue(fixture.jobs(5) + fixture.jobs(1, "acme", .interactive))
            let taken = try await fixture.take(10)
            #expect(taken.count == 2)
            let none = try await fixture.queue.take(10, for: fixture.worker)
            #expect(none.jobs.isEmpty && none.wait == nil)

            _ = try await fixture.queue.settle(taken[0].lease, .asEstimated)
            let next = try await fixture.take(10)
            #expect(next.count == 1)

            _ = try await fixture.queue.retry(taken[1].lease, .unused, after: .seconds(60), countsAttempt: true)
            #expect(try await fixture.take(10).count == 1)
        }
    }

    @Test(arguments: [nil, 3] as [Int?])
    func aChangedCapIsEffectiveAtOnce(_ next: Int?) async throws {
        try await Fixture.run { fixture in
            let acme = TenantID(trusted: "acme")
            try await fixture.queue.setPolicy(TenantPolicy(maxRunning: 1), for: acme)
            try await fixture.enqueue(fixture.jobs(5))
            #expect(try await fixture.take(10).count == 1)
            #expect(try await fixture.take(10).isEmpty)

            try await fixture.queue.setPolicy(TenantPolicy(maxRunning: next), for: acme)

            #expect(try await fixture.take(10).count == (next ?? 5) - 1)
        }
    }

    @Test func actualUsageCountsNotTheEstimate() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(200, "honest") + fixture.jobs(200, "modest"))
            var counts: [String: Int] = [:]
            for _ in 0..<110 {
                let taken = try await fixture.takeOne()
                counts[taken.job.tenant.text, default: 0] += 1
                let used = taken.job.tenant.text == "modest" ? 1000 : 100
                _ = try await fixture.queue.settle(taken.lease, .used(used))
            }
            #expect((8...12).contains(counts["modest"] ?? 0), "\(counts)")
        }
    }

    @Test func aFailureThatIsNotTheTenantsIsNotCharged() async throws {
        try await Fixture.run { fixture in
            try await fixture.enqueue(fixture.jobs(1, "unlucky", tokens: 10_000) + fixture.jobs(50, "other"))
            var first = try await fixture.takeOne()
            while first.job.tenant.text != "unlucky" { first = try await fixture.takeOne() }
            let failed = Settlement(usage: nil, mayHaveBeenSent: true, chargesTenant: false)
            _ = try await fixture.queue.retry(first.lease, failed, after: .zero, countsAttempt: true)

            let served = try await fixture.serve(3)

            #expect(served.contains { $0.tenant.text == "unlucky" })
        }
    }
}
