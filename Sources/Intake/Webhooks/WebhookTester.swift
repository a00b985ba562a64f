import Penstock

/// Sends a sample event to an endpoint, now and once. Nothing about it is kept.
struct WebhookTester: Sendable {
    let sender: any WebhookSender
    let clock: WallClock

    /// - Returns: the status that the receiver answered.
    /// - Throws: 400 when it gave none; not 5xx, which SDKs would try again.
    func test(_ endpoint: WebhookEndpoint, with type: WebhookEventType) async throws -> Int {
        let now = clock.now()
        let id = IDGenerator.named("", at: now)
        let answer = await sender.send(
            WebhookMessage.sample(type, id: id, at: now),
            id: "wh_test_\(id)",
            to: endpoint.url,
            signedWith: endpoint.secrets(at: now),
            at: now
        )
        guard let status = answer.status else {
            throw APIError.badRequest(
                "There was no answer: \(answer.failure ?? "the receiver could not be reached").",
                param: nil,
                code: "webhook_endpoint_unreachable"
            )
        }
        return status
    }
}
