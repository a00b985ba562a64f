/// Sends signed webhooks. Cancelling the calling task aborts the transfer.
package protocol WebhookSender: Sendable {
    /// Makes one attempt; every failure is an answer, nothing is thrown.
    ///
    /// - Parameters:
    ///   - id: the header `webhook-id`.
    ///   - secrets: each signs; several during a rotation.
    ///   - now: the header `webhook-timestamp`.
    func send(_ body: [UInt8], id: String, to url: String, signedWith secrets: [Secret], at now: Timestamp) async
        -> WebhookAnswer
}

/// What a receiver made of one attempt.
package struct WebhookAnswer: Sendable, Equatable {
    /// Nil when there was no answer.
    package var status: Int?
    /// How long the receiver asks to stay away.
    package var retryAfter: Duration?
    /// Why there was no answer; nil when there was one.
    package var failure: String?

    package init(status: Int?, retryAfter: Duration? = nil, failure: String? = nil) {
        self.status = status
        self.retryAfter = retryAfter
        self.failure = failure
    }
}
