import JSON
import Penstock

/// A webhook endpoint as OpenAI's SDK reads it. `disabled_at`, `disabled_reason` and `failing_since` are ours.
enum WebhookEndpointObject {
    /// - Parameter showsSecret: only when it was just made.
    static func write(_ endpoint: WebhookEndpoint, showsSecret: Bool, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", endpoint.id)
            writer.member("object", "webhook_endpoint")
            writer.member("name", endpoint.name)
            writer.member("url", endpoint.url)
            writer.key("event_types")
            write(types: endpoint.eventTypes, to: &writer)
            writer.member("created_at", endpoint.createdAt.seconds)
            writer.member("updated_at", endpoint.updatedAt.seconds)
            writer.member("disabled_at", endpoint.disabledAt?.seconds)
            writer.member("disabled_reason", endpoint.disabledReason?.rawValue)
            writer.member("failing_since", endpoint.failingSince?.seconds)
            if showsSecret { writer.member("signing_secret", endpoint.secret.revealed) }
            writer.member("signing_secret_hint", WebhookSecret.hint(of: endpoint.secret))
        }
    }

    static func write(types: Set<WebhookEventType>, to writer: inout JSONWriter) {
        writer.array { writer in
            for type in WebhookEventType.allCases where types.contains(type) { writer.string(type.rawValue) }
        }
    }
}
