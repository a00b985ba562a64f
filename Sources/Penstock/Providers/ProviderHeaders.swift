package import JSON

/// What a caller's headers say to the provider, as it travels with a job: values by names in lower case.
package struct ProviderHeaders: Sendable, Equatable {
    package let values: [String: String]

    package init(_ values: [String: String] = [:]) {
        self.values = values
    }

    package var isEmpty: Bool { values.isEmpty }

    /// In the order of their names.
    package var fields: [(name: String, value: String)] {
        values.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    /// - Throws: `header_not_supported` where no target of the model's pool speaks the endpoint by itself: a request
    ///   that is translated carries no such headers.
    package func check(model: String, at endpoint: Endpoint, in pool: Pool) throws(RequestRefusal) {
        guard !isEmpty, !pool.targets.contains(where: { $0.nativeEndpoints.contains(endpoint) }) else { return }
        throw refusal("no provider of the model `\(model)` speaks \(endpoint.rawValue) by itself.")
    }

    /// - Throws: `header_not_supported`.
    func refusal(_ reason: String) -> RequestRefusal {
        let names = fields.map { "`\($0.name)`" }.joined(separator: ", ")
        return RequestRefusal(
            code: "header_not_supported",
            message: "The header \(names) cannot be passed on: \(reason)",
            param: fields.first?.name
        )
    }
}

extension ProviderHeaders {
    /// As an object; equal headers have equal texts.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            for field in fields { writer.member(field.name, field.value) }
        }
        return writer.bytes
    }

    /// - Parameter json: nil where there are none.
    /// - Returns: nil for what is no object of texts.
    package init?(json: JSONValue?) {
        var values: [String: String] = [:]
        if let json {
            guard json.kind == .object else { return nil }
            for (name, value) in json.members {
                guard let text = value.string else { return nil }
                values[name] = text
            }
        }
        self.init(values)
    }
}

extension JSONWriter {
    /// Leaves the member out where there are no headers.
    package mutating func memberIfAny(_ key: String, _ headers: ProviderHeaders) {
        guard !headers.isEmpty else { return }
        self.key(key)
        raw(headers.json)
    }
}
