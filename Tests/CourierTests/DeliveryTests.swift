import Courier
import Ledger
import Penstock
import Telemetry
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DeliveryTests {
    @Test func anEndedJobIsToldToWhoAsked() async throws {
        try await Scene.run { scene in
            let receiver = try Receiver()
            defer { receiver.stop() }
            let endpoint = try await scene.endpoint(receiver.url)
            try await scene.endpoint(receiver.url, tenant: "other")
            try await scene.endpoint(receiver.url, types: [.jobFailed])
            let job = try await scene.finishJobs(1)[0]
            try await scene.courier { _ in
                try await scene.eventually("delivered") { try await scene.isDelivered(job, to: endpoint) }
            }
            let request = try #require(receiver.requests.first)
            #expect(receiver.requests.count == 1)
            #expect(String(decoding: request.body, as: UTF8.self).contains(#""data":{"id":"\#(job)"}"#))
            let delivery = try #require(try await scene.delivery(of: job, to: endpoint))
            #expect(delivery.attempts == 1 && delivery.lastStatus == 200 && delivery.lastError == nil)
            #expect(request.headers["webhook-id"] == delivery.id)
            #expect(try await scene.ledger.undispatchedEvents(limit: 1).isEmpty)
        }
    }

    @Test func aCourierIsReadyOnceItsLedgerAnswers() async throws {
        try await Scene.run { scene in
            #expect(!scene.health.isReady)
            try await scene.courier { _ in try await scene.eventually("ready") { scene.health.isReady } }
        }
    }

    @Test func aJobsOwnTargetIsToldToo() async throws {
        try await Scene.run { scene in
            let receiver = try Receiver()
            defer { receiver.stop() }
            let target = WebhookTarget(url: receiver.url, secret: WebhookSecret.mint())
            let job = try await scene.finishJobs(1, state: .expired, webhook: target)[0]
            try await scene.courier { _ in
                try await scene.eventually("delivered") {
                    try await scene.ledger.delivery("wh_\(job)_own")?.state == .delivered
                }
            }
            #expect(receiver.ids == ["wh_\(job)_own"])
        }
    }

    @Test func whatIsRefusedComesAgainUnderTheSameName() async throws {
        try await Scene.run { scene in
            let receiver = try Receiver { connection, number in connection.respond(number < 4 ? 500 : 200) }
            defer { receiver.stop() }
            let endpoint = try await scene.endpoint(receiver.url)
            let job = try await scene.finishJobs(1)[0]
            try await scene.courier(Scene.configuration(scale: 0.0001)) { _ in
                try await scene.eventually("delivered") { try await scene.isDelivered(job, to: endpoint) }
            }
            #expect(receiver.requests.count == 4)
            #expect(Set(receiver.ids).count == 1 && Set(receiver.requests.map(\.body)).count == 1)
            #expect(try await scene.delivery(of: job, to: endpoint)?.attempts == 4)
        }
    }

    @Test func aSlowReceiverHoldsUpNobodyElse() async throws {
        try await Scene.run { scene in
            let slow = try Receiver { connection, _ in connection.waitForEnd() }
            let fast = try Receiver()
            defer {
                slow.stop()
                fast.stop()
            }
            try await scene.endpoint(slow.url)
            let endpoint = try await scene.endpoint(fast.url)
            let jobs = try await scene.finishJobs(200)
            // Fewer places than the slow one has webhooks.
            try await scene.courier(Scene.configuration(concurrency: 4, drain: .zero)) { _ in
                try await scene.eventually("the fast one has all") {
                    try await scene.isDelivered(jobs[199], to: endpoint) && Set(fast.ids).count == 200
                }
            }
            #expect(fast.requests.count == 200)
            // One at a time, as long as it has taken none.
            #expect(slow.requests.count == 1)
        }
    }

    @Test func aRedirectIsAFailure() async throws {
        try await Scene.run { scene in
            let elsewhere = try Receiver()
            let receiver = try Receiver { connection, _ in
                connection.respond(302, headers: "Location: \(elsewhere.url)\r\n")
            }
            defer {
                receiver.stop()
                elsewhere.stop()
            }
            let endpoint = try await scene.endpoint(receiver.url)
            let job = try await scene.finishJobs(1)[0]
            try await scene.courier(Scene.configuration(scale: 1)) { _ in
                try await scene.eventually("tried") {
                    try await scene.delivery(of: job, to: endpoint)?.attempts == 1
                }
            }
            let delivery = try #require(try await scene.delivery(of: job, to: endpoint))
            #expect(delivery.state == .pending && delivery.lastStatus == 302 && delivery.leaseToken == nil)
            #expect(delivery.dueAt >= scene.clock.now().adding(.seconds(-30)))
            #expect(elsewhere.requests.isEmpty)
        }
    }

    @Test func goneDisablesTheEndpointAndEndsWhatWaits() async throws {
        try await Scene.run { scene in
            let receiver = try Receiver { connection, _ in connection.respond(410) }
            defer { receiver.stop() }
            let endpoint = try await scene.endpoint(receiver.url)
            let jobs = try await scene.finishJobs(20)
            try await scene.courier { _ in
                try await scene.eventually("all failed") {
                    for job in jobs where try await scene.delivery(of: job, to: endpoint)?.state != .failed {
                        return false
                    }
                    return true
                }
                #expect(try await scene.ledger.webhookEndpoint(endpoint.id)?.disabledAt != nil)
                let asked = receiver.requests.count
                let later = try await scene.finishJobs(1)[0]
                try await scene.eventually("dispatched") {
                    try await scene.ledger.undispatchedEvents(limit: 1).isEmpty
                }
                #expect(try await scene.delivery(of: later, to: endpoint) == nil)
                #expect(receiver.requests.count == asked)
            }
            #expect(receiver.requests.count <= 2)
        }
    }

    @Test func retryAfterHoldsTheWholeReceiver() async throws {
        try await Scene.run { scene in
            let receiver = try Receiver { connection, number in
                number == 1 ? connection.respond(429, headers: "Retry-After: 1\r\n") : connection.respond(200)
            }
            defer { receiver.stop() }
            let endpoint = try await scene.endpoint(receiver.url)
            let jobs = try await scene.finishJobs(5)
            let start = ContinuousClock.now
            try await scene.courier(Scene.configuration(scale: 0.0001)) { _ in
                try await scene.eventually("first refused") { receiver.requests.count == 1 }
                for job in jobs {
                    try await scene.eventually("delivered") { try await scene.isDelivered(job, to: endpoint) }
                }
            }
            // Without the hold the other four would have been sent at once.
            #expect(start.duration(to: .now) >= .milliseconds(950))
            #expect(receiver.requests.count == 6)
        }
    }

    @Test func aDeadReceiverIsGivenUpAfterTheLastAttempt() async throws {
        try await Scene.run { scene in
            let endpoint = try await scene.endpoint("http://127.0.0.1:\(try Loopback.freePort())/")
            let job = try await scene.finishJobs(1)[0]
            try await scene.courier(Scene.configuration(scale: 0.000_001)) { _ in
                try await scene.eventually("given up") {
                    try await scene.delivery(of: job, to: endpoint)?.state == .failed
                }
            }
            let delivery = try #require(try await scene.delivery(of: job, to: endpoint))
            #expect(delivery.attempts == 10 && delivery.lastError == "the receiver takes no connection")
        }
    }

    @Test func aDeletedEndpointEndsItsDeliveries() async throws {
        try await Scene.run { scene in
            let receiver = try Receiver()
            defer { receiver.stop() }
            let endpoint = try await scene.endpoint(receiver.url)
            let job = try await scene.finishJobs(1)[0]
            let events = try await scene.ledger.undispatchedEvents(limit: 9)
            let deliveries = events.flatMap {
                WebhookFanOut.deliveries(of: $0, to: [endpoint], at: scene.clock.now())
            }
            // Dispatched by a courier that did not see the deletion.
            #expect(try await scene.ledger.deleteWebhookEndpoint(endpoint.id))
            try await scene.ledger.dispatch(events, as: deliveries)
            try await scene.courier { _ in
                try await scene.eventually("failed") {
                    try await scene.delivery(of: job, to: endpoint)?.state == .failed
                }
            }
            #expect(receiver.requests.isEmpty)
        }
    }

    @Test func aRotatedSecretSignsBesideTheNewOne() async throws {
        try await Scene.run { scene in
            let receiver = try Receiver()
            defer { receiver.stop() }
            var endpoint = try await scene.endpoint(receiver.url)
            endpoint.previousSecret = endpoint.secret
            endpoint.previousSecretUntil = scene.clock.now().adding(.seconds(60))
            endpoint.secret = WebhookSecret.mint()
            let stored = try #require(try await scene.ledger.replace(endpoint))
            let job = try await scene.finishJobs(1)[0]
            try await scene.courier { _ in
                try await scene.eventually("delivered") { try await scene.isDelivered(job, to: stored) }
            }
            let signature = try #require(receiver.requests.first?.headers["webhook-signature"])
            #expect(signature.split(separator: " ").count == 2)
        }
    }
}
