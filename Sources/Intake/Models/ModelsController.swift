import Hummingbird
import JSON
import Penstock

/// `/v1/models`: the aliases that routes exist for.
struct ModelsController: Sendable {
    let topology: Topology

    func addRoutes(to section: RouteSection<AuthenticatedContext>) {
        section.on(.get, "/v1/models", use: list)
        section.onWithSlashes(.get, "/v1/models/{id}", use: retrieve)
    }

    @Sendable
    private func list(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let aliases = topology.routes.keys.sorted()
        return .list(ListPage(aliases, hasMore: false), id: { $0 }, write: write)
    }

    @Sendable
    private func retrieve(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let alias = try context.pathParameter("id")
        guard topology.routes[alias] != nil else { throw APIError.notFound("model") }
        return .json { write(alias, to: &$0) }
    }

    private func write(_ alias: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", alias)
            writer.member("object", "model")
            writer.member("created", 0)
            writer.member("owned_by", "penstock")
            writePricing(of: alias, to: &writer)
        }
    }

    /// An addition to OpenAI's object, for estimates: what the first target of the alias' pool charges.
    private func writePricing(of alias: String, to writer: inout JSONWriter) {
        guard let price = topology.pool(forModel: alias)?.targets.first?.price else { return }
        writer.key("pricing")
        writer.object { writer in
            writer.member("input_usd_per_million", price.input.usdPerMillion)
            writer.memberIfPresent("cached_input_usd_per_million", price.cachedInput?.usdPerMillion)
            writer.memberIfPresent("cache_write_usd_per_million", price.cacheWrite?.usdPerMillion)
            writer.member("output_usd_per_million", price.output.usdPerMillion)
        }
    }
}
