import JSON

/// What is sent: an event in OpenAI's shape.
package enum WebhookMessage {
    /// `{"id":"evt_…","object":"event","created_at":…,"type":"batch.completed","data":{"id":"batch_…"}}`
    package static func body(_ event: WebhookEvent) -> [UInt8] {
        body(id: event.id, type: event.type, subject: event.subjectName, createdAt: event.createdAt)
    }

    /// A sample for trying an endpoint out: an event of something that never was.
    ///
    /// - Parameter id: what tells this sample from others, such as the end of a minted id.
    package static func sample(_ type: WebhookEventType, id: String, at now: Timestamp) -> [UInt8] {
        let kind = type.rawValue.prefix { $0 != "." }
        return body(id: "evt_test_\(id)", type: type, subject: "\(kind)_test_\(id)", createdAt: now)
    }

    private static func body(id: String, type: WebhookEventType, subject: String, createdAt: Timestamp) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", id)
            writer.member("object", "event")
            writer.member("created_at", createdAt.seconds)
            writer.member("type", type.rawValue)
            writer.key("data")
            writer.object { writer in writer.member("id", subject) }
        }
        return writer.bytes
    }
}
