import ArgumentParser
import JSON

/// `--events a,b`: at least one type, none of them empty. Which there are is the server's to say.
struct EventTypesArgument: ExpressibleByArgument, Equatable {
    let types: [String]

    init?(argument: String) {
        types = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard !types.contains("") else { return nil }
    }
}

/// What is told of an endpoint when it is made or changed; nil and none stay away.
struct WebhookFields {
    var name: String?
    var url: String?
    var events: [EventTypesArgument]

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.memberIfPresent("name", name)
            writer.memberIfPresent("url", url)
            guard !events.isEmpty else { return }
            writer.key("event_types")
            writer.array { writer in
                for type in events.flatMap(\.types) { writer.string(type) }
            }
        }
        return writer.bytes
    }
}
