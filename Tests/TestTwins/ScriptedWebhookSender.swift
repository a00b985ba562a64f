package import Penstock
import Synchronization

/// A receiver of webhooks that answers as it is told, and remembers.
package final class ScriptedWebhookSender: WebhookSender {
    package struct Sent: Sendable, Equatable {
        package var id: String
        package var url: String
        package var body: [UInt8]
        package var secrets: [Secret]
        package var at: Timestamp
    }

    /// Called for every attempt, with its number from 1; may take its time.
    package typealias Script = @Sendable (Sent, Int) async -> WebhookAnswer

    private let state = Mutex<(sent: [Sent], script: Script)>(([], { _, _ in WebhookAnswer(status: 200) }))

    package init() {}

    package var sent: [Sent] { state.withLock { $0.sent } }

    package func answer(_ script: @escaping Script) { state.withLock { $0.script = script } }

    package func send(_ body: [UInt8], id: String, to url: String, signedWith secrets: [Secret], at now: Timestamp)
        async -> WebhookAnswer
    {
        let sent = Sent(id: id, url: url, body: body, secrets: secrets, at: now)
        let (script, number) = state.withLock { state in
            state.sent.append(sent)
            return (state.script, state.sent.count)
        }
        return await script(sent, number)
    }
}
