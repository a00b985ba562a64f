import Courier
import Ledger
import Penstock
import ServiceLifecycle
import Synchronization
import TestSupport
import TestTwins
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CrashTests {
    /// A courier that died with leases: what it held is sent by another, under the same name and with the same body.
    @Test func whatADeadCourierHeldIsSentOnceItsLeaseEnds() async throws {
        try await Scene.run { scene in
            let receiver = try Receiver()
            defer { receiver.stop() }
            let endpoint = try await scene.endpoint(receiver.url)
            let jobs = try await scene.finishJobs(3)
            let events = try await scene.ledger.undispatchedEvents(limit: 9)
            let deliveries = events.flatMap {
                WebhookFanOut.deliveries(of: $0, to: [endpoint], at: scene.clock.now())
            }
            try await scene.ledger.dispatch(events, as: deliveries)
            let held = try await scene.ledger.leaseDeliveries(
                to: endpoint.destination,
                token: "dead",
                at: scene.clock.now(),
                until: scene.clock.now().adding(.milliseconds(500)),
                limit: 9
            )
            #expect(held.count == 3)
            try await scene.courier { _ in
                for job in jobs {
                    try await scene.eventually("delivered") { try await scene.isDelivered(job, to: endpoint) }
                }
            }
            #expect(receiver.requests.count == 3)
            #expect(Set(receiver.ids) == Set(held.map(\.id)))
            #expect(Set(receiver.requests.map(\.body)) == Set(held.map(\.body)))
            // The dead one wakes up: its word counts no more.
            #expect(try await !scene.ledger.finish(held[0]))
        }
    }

    @Test func stoppingHandsBackWhatIsUnderWay() async throws {
        try await Scene.run { scene in
            let receiver = try Receiver { connection, _ in connection.waitForEnd() }
            defer { receiver.stop() }
            let endpoint = try await scene.endpoint(receiver.url)
            let job = try await scene.finishJobs(1)[0]
            try await scene.courier(Scene.configuration(drain: .milliseconds(50))) { _ in
                try await scene.eventually("under way") { receiver.requests.count == 1 }
            }
            let delivery = try #require(try await scene.delivery(of: job, to: endpoint))
            #expect(delivery.state == .pending && delivery.attempts == 0 && delivery.leaseToken == nil)
            #expect(delivery.dueAt <= scene.clock.now())
        }
    }

    @Test func stoppingWaitsForAnswersThatCome() async throws {
        try await Scene.run { scene in
            let sender = ScriptedWebhookSender()
            let (released, release) = AsyncStream.makeStream(of: Void.self)
            sender.answer { _, _ in
                _ = await released.first { _ in true }
                return WebhookAnswer(status: 200)
            }
            let endpoint = try await scene.endpoint("http://127.0.0.1:1/")
            let job = try await scene.finishJobs(1)[0]
            try await scene.courier(Scene.configuration(drain: .seconds(20)), sender: sender) { group in
                try await scene.eventually("under way") { sender.sent.count == 1 }
                await group.triggerGracefulShutdown()
                release.yield()
            }
            #expect(try await scene.isDelivered(job, to: endpoint))
        }
    }

    @Test func severalCouriersSendEachWebhookOnce() async throws {
        try await Scene.run { scene in
            let receivers = try (0..<4).map { _ in try Receiver() }
            defer { for receiver in receivers { receiver.stop() } }
            for receiver in receivers { try await scene.endpoint(receiver.url) }
            try await scene.courier { _ in
                try await scene.courier { _ in
                    try await scene.courier { _ in
                        for _ in 0..<10 { try await scene.finishJobs(20) }
                        try await scene.eventually("all") {
                            receivers.allSatisfy { $0.requests.count >= 200 }
                        }
                    }
                }
            }
            for receiver in receivers { #expect(receiver.ids.count == 200 && Set(receiver.ids).count == 200) }
        }
    }

    @Test func aLostLeaseIsOutlived() async throws {
        try await Scene.run { scene in
            let sender = ScriptedWebhookSender()
            let endpoint = try await scene.endpoint("http://127.0.0.1:1/")
            let jobs = try await scene.finishJobs(2)
            // The first answer comes when the lease is long gone: it is sent again, and nothing breaks.
            sender.answer { _, number in
                if number == 1 { try? await Task.sleep(for: .milliseconds(300)) }
                return WebhookAnswer(status: 200)
            }
            try await scene.courier(Scene.configuration(lease: .milliseconds(50)), sender: sender) { _ in
                for job in jobs {
                    try await scene.eventually("delivered") { try await scene.isDelivered(job, to: endpoint) }
                }
            }
            #expect(Set(sender.sent.map(\.id)).count == 2)
        }
    }
}
