import JSON

/// One call that another process is to make.
package struct CallOrder: Sendable, Equatable {
    /// The target's name, which the settings know; its key does not travel.
    package var target: String
    package var endpoint: Endpoint
    package var timeout: Duration
    package var headers: ProviderHeaders
    package var body: [UInt8]

    package init(
        target: String,
        endpoint: Endpoint,
        timeout: Duration,
        headers: ProviderHeaders = ProviderHeaders(),
        body: [UInt8]
    ) {
        self.target = target
        self.endpoint = endpoint
        self.timeout = timeout
        self.headers = headers
        self.body = body
    }

    package func encode() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("target", target)
            writer.member("endpoint", endpoint.rawValue)
            writer.member("timeout_ms", timeout.wholeMilliseconds)
            writer.memberIfAny("headers", headers)
        }
        return RecordFrame.join(writer, answer: body)
    }

    package static func decode(_ record: [UInt8]) throws(DamagedRecord) -> CallOrder {
        let (header, body) = try RecordFrame.split(record)
        guard let headers = ProviderHeaders(json: header["headers"]) else { throw DamagedRecord() }
        return CallOrder(
            target: try header.text("target"),
            endpoint: try header.required("endpoint") { $0.string.flatMap(Endpoint.init(rawValue:)) },
            timeout: .milliseconds(try header.required("timeout_ms", \.int64)),
            headers: headers,
            body: body
        )
    }
}
