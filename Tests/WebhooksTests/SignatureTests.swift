import Penstock
import Testing

@testable import Webhooks

@Suite struct SignatureTests {
    private static let secret = Secret("whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c=")
    private static let id = "wh_685c059ae39c8190af8c71ed1022a24d"
    private static let body = Array(
        (#"{"id": "evt_685c059ae3a481909bdc86819b066fb6", "object": "event", "created_at": 1750861210, "#
            + #""type": "response.completed", "data": {"id": "resp_123"}}"#).utf8
    )

    /// The vector that OpenAI's own SDK is tested with.
    @Test func agreesWithTheSDKsVector() {
        let header = WebhookSignature.header(
            id: Self.id,
            timestamp: 1_750_861_210,
            body: Self.body,
            secrets: [Self.secret]
        )
        #expect(header == "v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY=")
    }

    @Test func everySecretSignsDuringARotation() throws {
        let other = WebhookSecret.mint()
        func header(_ secrets: [Secret]) -> String? {
            WebhookSignature.header(id: Self.id, timestamp: 1, body: Self.body, secrets: secrets)
        }
        let first = try #require(header([Self.secret]))
        let second = try #require(header([other]))
        #expect(first != second)
        #expect(header([Self.secret, other]) == "\(first) \(second)")
    }

    @Test func whatCannotSignDoesNotPretendTo() {
        #expect(WebhookSignature.header(id: "a", timestamp: 1, body: [], secrets: []) == nil)
        #expect(WebhookSignature.header(id: "a", timestamp: 1, body: [], secrets: [Secret("plain")]) == nil)
    }
}
