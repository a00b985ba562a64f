import HTTPTypes
import Penstock

/// Reads what the headers of a creating request say to the provider, and tells of those that go no further.
struct ProviderHeaderReader: Sendable {
    let rules: HeaderRules
    let topology: Topology

    /// - Throws: 400 for headers that are too large, and those of another API than the endpoint's.
    func read(_ headers: HTTPFields, for endpoint: Endpoint, _ exchange: Exchange) throws -> ProviderHeaders {
        for name in headers.map(\.name.canonicalName) where rules.leavesOut(name) {
            exchange.warn("header \(name) is not passed on")
        }
        return try rules.passed(at: endpoint) { name in HTTPField.Name(name).flatMap { headers[$0] } }
    }

    /// A model that is unknown, or not served there, is not refused here.
    ///
    /// - Throws: 400 where no target of the model's gets the headers.
    func check(_ headers: ProviderHeaders, of model: String, at endpoint: Endpoint, _ exchange: Exchange) throws {
        guard let pool = topology.pool(forModel: model), pool.serves(endpoint) else { return }
        try headers.check(model: model, at: endpoint, in: pool)
        guard !pool.targets.allSatisfy({ $0.nativeEndpoints.contains(endpoint) }) else { return }
        for (name, _) in headers.fields {
            exchange.warn("header \(name) is passed on only where a target speaks \(endpoint.rawValue) by itself")
        }
    }

    /// Both for a single job.
    func read(_ headers: HTTPFields, for order: JobRequest, _ exchange: Exchange) throws -> ProviderHeaders {
        let passed = try read(headers, for: order.endpoint, exchange)
        try check(passed, of: order.inspected.model, at: order.endpoint, exchange)
        return passed
    }
}

extension ProviderHeaders {
    /// The hash of a request whose content has the hash `content`: with other headers it is another request.
    func hash(with content: String) -> String {
        isEmpty ? content : hexadecimalSHA256(Array(content.utf8) + json)
    }
}
