import JSON

/// A webhook endpoint as people read it. Pure but for `show`.
enum WebhookEndpointText {
    static func show(_ endpoint: JSONValue, _ format: FormatOptions) throws(CLIError) {
        if format.json { return try TextChannel.output.json(endpoint) }
        try TextChannel.output.details(details(of: endpoint))
    }

    static func details(of endpoint: JSONValue) -> Details {
        let state = state(of: endpoint)
        var details = Details()
        details.add("endpoint", endpoint.text("id"), style: .strong)
        details.add("state", state.text, style: state.style)
        details.add("name", endpoint.text("name"))
        details.add("url", endpoint.text("url"))
        details.add("events", events(of: endpoint))
        details.add("secret", endpoint.text("signing_secret_hint"))
        details.add("created", TimeText.utc(endpoint.int("created_at")))
        details.add("updated", TimeText.utc(endpoint.int("updated_at")))
        return details
    }

    static func state(of endpoint: JSONValue) -> Table.Cell {
        if let since = TimeText.utc(endpoint.int("disabled_at")) {
            return Table.Cell("disabled \(since) (\(endpoint.text("disabled_reason") ?? "gone"))", style: .bad)
        }
        guard let since = TimeText.utc(endpoint.int("failing_since")) else { return Table.Cell("good", style: .good) }
        return Table.Cell("failing since \(since)", style: .caution)
    }

    static func events(of endpoint: JSONValue) -> String {
        endpoint.list("event_types").compactMap(\.string).joined(separator: ",")
    }
}
