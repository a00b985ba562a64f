import JSON
import Penstock
import Testing

@Suite struct WebhookPolicyTests {
    private static let now = Timestamp(milliseconds: 1_000_000)

    // MARK: Schedule

    @Test func theScheduleIsTheSpecifications() {
        let schedule = WebhookSchedule()
        let waits = (1...10).map { schedule.wait(afterAttempts: $0, jitter: 0) }
        let seconds = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
        #expect(waits == seconds.map { Duration.seconds($0) } + [nil])
        #expect(WebhookSchedule.attempts == 10)
    }

    @Test func jitterOnlyLengthensAndScaleShortens() {
        #expect(WebhookSchedule().wait(afterAttempts: 1, jitter: 1) == .seconds(6))
        #expect(WebhookSchedule(scale: 0.001).wait(afterAttempts: 2, jitter: 0) == .milliseconds(300))
    }

    // MARK: Secrets

    private func endpoint() -> WebhookEndpoint {
        WebhookEndpoint(
            id: "whe_1",
            tenant: TenantID(trusted: "acme"),
            name: "ci",
            url: "https://example.com/",
            eventTypes: [],
            secret: Secret("first"),
            createdAt: Self.now
        )
    }

    @Test func aRepeatedRotationKeepsTheSecretThatReceiversKnow() {
        var endpoint = endpoint()
        endpoint.rotate(to: Secret("lost"), at: Self.now)
        endpoint.rotate(to: Secret("second"), at: Self.now.adding(.seconds(60)))
        let later = Self.now.adding(.seconds(3600))
        #expect(endpoint.secrets(at: later).map(\.revealed) == ["second", "first"])
        endpoint.rotate(to: Secret("third"), at: later)
        #expect(endpoint.secrets(at: later).map(\.revealed) == ["third", "second"])
        #expect(endpoint.secrets(at: later.adding(.seconds(24 * 3600))).map(\.revealed) == ["third"])
    }

    @Test func aReplacedSecretIsVoidAtOnce() {
        var endpoint = endpoint()
        endpoint.rotate(to: Secret("second"), at: Self.now)
        endpoint.replaceSecret(by: Secret("third"))
        #expect(endpoint.secrets(at: Self.now).map(\.revealed) == ["third"])
    }

    // MARK: Verdicts

    private func verdict(_ status: Int?, retryAfter: Duration? = nil, attempts: Int = 1) -> WebhookVerdict {
        WebhookVerdict(
            WebhookAnswer(status: status, retryAfter: retryAfter, failure: status == nil ? "no" : nil),
            attempts: attempts,
            schedule: WebhookSchedule(),
            now: Self.now,
            jitter: 0
        )
    }

    private func retry(_ seconds: Int, hold: Int? = nil) -> WebhookVerdict {
        .retry(at: Self.now.adding(.seconds(seconds)), hold: hold.map { Self.now.adding(.seconds($0)) })
    }

    @Test(arguments: [200, 201, 204, 299])
    func successIsDelivery(_ status: Int) {
        #expect(verdict(status) == .delivered)
        #expect(verdict(status, attempts: 10) == .delivered)
    }

    @Test(arguments: [100, 199, 300, 301, 302, 308, 400, 401, 404, 408, 409, 413, 500, 501])
    func everythingElseIsTriedAgain(_ status: Int) {
        #expect(verdict(status) == retry(5))
        // Only throttling speaks for the whole receiver.
        #expect(verdict(status, retryAfter: .seconds(60)) == retry(5))
        #expect(verdict(status, attempts: 10) == .exhausted)
    }

    @Test func noAnswerIsTriedAgain() {
        #expect(verdict(nil) == retry(5))
        #expect(verdict(nil, attempts: 9) == retry(86_400))
        #expect(verdict(nil, attempts: 10) == .exhausted)
        #expect(verdict(nil, attempts: 11) == .exhausted)
    }

    @Test func goneIsGone() {
        #expect(verdict(410) == .gone)
        #expect(verdict(410, retryAfter: .seconds(1), attempts: 10) == .gone)
    }

    @Test(arguments: [429, 502, 503, 504])
    func throttlingHoldsTheReceiver(_ status: Int) {
        #expect(verdict(status) == retry(5))
        #expect(verdict(status, retryAfter: .zero) == retry(5))
        #expect(verdict(status, retryAfter: .seconds(2)) == retry(5, hold: 2))
        #expect(verdict(status, retryAfter: .seconds(60)) == retry(60, hold: 60))
        #expect(verdict(status, retryAfter: .seconds(999_999)) == retry(3600, hold: 3600))
        #expect(verdict(status, retryAfter: .seconds(60), attempts: 10) == .exhausted)
    }

    @Test func aDeliveryKeepsWhatItCameTo() throws {
        let event = Self.event(.jobFailed, "job_1")
        var delivery = try #require(WebhookFanOut.deliveries(of: event, to: [Self.endpoint()], at: Self.now).first)
        delivery.leaseToken = "t"
        let later = Self.now.adding(.seconds(9))
        let failed = delivery.after(WebhookAnswer(status: 500), retry(60), at: later)
        #expect(failed.state == .pending && failed.attempts == 1 && failed.dueAt == Self.now.adding(.seconds(60)))
        #expect(failed.lastStatus == 500 && failed.lastError == "the receiver answered 500")
        #expect(failed.lastAttemptAt == later && failed.leaseToken == "t" && failed.body == delivery.body)
        let taken = failed.after(WebhookAnswer(status: 200), .delivered, at: later)
        #expect(taken.state == .delivered && taken.attempts == 2 && taken.lastError == nil)
        let last = failed.after(WebhookAnswer(status: nil, failure: "no one"), .exhausted, at: later)
        #expect(last.state == .failed && last.lastStatus == nil && last.lastError == "no one")
        #expect(failed.after(WebhookAnswer(status: 410), .gone, at: later).state == .failed)
        #expect(failed.handedBack(at: later).attempts == 1 && failed.handedBack(at: later).dueAt == later)
        #expect(failed.givenUp("deleted").state == .failed && failed.givenUp("deleted").attempts == 1)
    }

    // MARK: Messages and receivers

    private static func event(_ type: WebhookEventType, _ subject: String, target: WebhookTarget? = nil)
        -> WebhookEvent
    {
        WebhookEvent(
            type: type,
            subject: subject,
            tenant: TenantID(trusted: "acme"),
            createdAt: now,
            target: target
        )
    }

    private static func endpoint(_ id: String = "whe_0a1b", types: Set<WebhookEventType> = [.jobFailed])
        -> WebhookEndpoint
    {
        WebhookEndpoint(
            id: id,
            tenant: TenantID(trusted: "acme"),
            name: "n",
            url: "https://example.com/",
            eventTypes: types,
            secret: WebhookSecret.mint(),
            createdAt: now
        )
    }

    @Test func anEventHasOpenAIsShape() {
        let text =
            #"{"id":"evt_batch_1","object":"event","created_at":1000,"#
            + #""type":"batch.completed","data":{"id":"batch_1"}}"#
        #expect(WebhookMessage.body(Self.event(.batchCompleted, "batch_1")) == Array(text.utf8))
        let sample = String(decoding: WebhookMessage.sample(.batchFailed, id: "x", at: Self.now), as: UTF8.self)
        #expect(sample.contains(#""id":"evt_test_x""#) && sample.contains(#""data":{"id":"batch_test_x"}"#))
    }

    @Test func anEventGoesToWhoWantsItAndToItsOwnTarget() {
        var disabled = Self.endpoint("whe_2")
        disabled.disabledAt = Self.now
        let endpoints = [Self.endpoint(), disabled, Self.endpoint("whe_3", types: [.jobSucceeded])]
        let target = WebhookTarget(url: "HTTPS://Example.com/x?secret=1", secret: WebhookSecret.mint())
        let deliveries = WebhookFanOut.deliveries(
            of: Self.event(.jobFailed, "job_1", target: target),
            to: endpoints,
            at: Self.now
        )
        #expect(deliveries.map(\.id) == ["wh_job_1_0a1b", "wh_job_1_own"])
        #expect(deliveries.map(\.destination) == ["acme whe_0a1b", "acme https://example.com:443"])
        #expect(deliveries.map(\.endpoint) == ["whe_0a1b", nil] && deliveries.map(\.target) == [nil, target])
        #expect(deliveries.allSatisfy { $0.state == .pending && $0.dueAt == Self.now && !$0.id.contains(".") })
        #expect(WebhookFanOut.deliveries(of: Self.event(.jobExpired, "job_2"), to: endpoints, at: Self.now).isEmpty)
    }

    // MARK: Secrets and URLs

    @Test func mintedSecretsCanSignAndDiffer() throws {
        let secrets = (0..<100).map { _ in WebhookSecret.mint() }
        #expect(Set(secrets.map(\.revealed)).count == 100)
        for secret in secrets { #expect(try #require(WebhookSecret.key(of: secret)).count == 32) }
        #expect("\(secrets[0])" == "***")
        #expect(WebhookSecret.hint(of: Secret("whsec_AAAABBBBCCCC1234")) == "whsec_…1234")
    }

    @Test(arguments: [(23, false), (24, true), (64, true), (65, false)])
    func secretsHaveTheSpecifiedLength(_ bytes: Int, _ isGood: Bool) {
        let secret = Secret("whsec_" + Base64.text(of: [UInt8](repeating: 7, count: bytes)))
        #expect((WebhookSecret.key(of: secret) != nil) == isGood)
    }

    @Test(arguments: ["", "whsec_", "plain", "whsec_!!!!", "WHSEC_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c="])
    func otherTextsAreNoSecrets(_ text: String) {
        #expect(WebhookSecret.key(of: Secret(text)) == nil)
    }

    @Test(arguments: ["Zg", "Zg=", "Zh==", "Zm9v\n", "Zm=v", "====", "Z===", "Zm9vZg==Zm9v", "Zm-_", "Zm9v "])
    func looseBase64IsRefused(_ text: String) {
        #expect(Base64.bytes(of: text) == nil)
    }

    @Test func base64ComesBack() {
        for count in 0...64 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + count) }
            #expect(Base64.bytes(of: Base64.text(of: bytes)) == bytes)
        }
    }

    @Test(
        arguments: [
            ("https://example.com", "https://example.com:443"),
            ("HTTPS://Example.COM/a/b?c=d&e=%20", "https://example.com:443"),
            ("https://example.com:8443/x", "https://example.com:8443"),
            ("https://[2606:4700::1111]:1/x", "https://[2606:4700::1111]:1"),
            ("https://1.2.3.4?x", "https://1.2.3.4:443"), ("https://a_b-c.example./", "https://a_b-c.example.:443"),
        ]
    )
    func goodURLs(_ text: String, _ origin: String) throws {
        let url = try WebhookURL(text, allowingHTTP: false)
        #expect(url.text == text && url.origin == origin)
    }

    @Test(arguments: [
        "", "example.com", "//example.com", "https:", "https:/x", "https://", "https:///x", "http://example.com",
        "ftp://example.com", "file:///etc/passwd", "https://user@example.com", "https://user:pw@example.com/",
        "https://example.com#f", "https://example.com/#", "https://example.com:0", "https://example.com:65536",
        "https://example.com:", "https://example.com:+1", "https://example.com:8a", "https://exa mple.com",
        "https://example.com/\u{0}", "https://example.com/\n", "https://example.com\\@evil.com", "https://é.com",
        "https://[::1", "https://[]/", "https://[fe80::1%25eth0]/", "https://[::1]x/", "https://a%62c/",
        "https://example.com/" + String(repeating: "a", count: 2048),
    ])
    func badURLs(_ text: String) {
        #expect(throws: WebhookURLError.self) { try WebhookURL(text, allowingHTTP: false) }
    }

    @Test func httpIsASetting() throws {
        #expect(try WebhookURL("http://example.com/", allowingHTTP: true).origin == "http://example.com:80")
        #expect(throws: WebhookURLError("an absolute https or http URL")) {
            try WebhookURL("ws://example.com/", allowingHTTP: true)
        }
    }
}
