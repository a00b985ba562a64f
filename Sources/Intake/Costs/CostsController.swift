import Hummingbird
import JSON
import Penstock

/// `/v1/costs`.
struct CostsController: Sendable {
    let ledger: any JobLedger

    func addRoutes(to section: RouteSection<AuthenticatedContext>) {
        section.on(.get, "/v1/costs", use: report)
    }

    @Sendable
    private func report(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let query = try Query(request.uri.query)
        let grouping: CostGrouping = try query.choice("group_by") ?? .total
        let isOfAll = try query.flag("all_tenants")
        if isOfAll, !context.caller.isAdmin { throw APIError.notAdmin }
        let lines = try await ledger.costs(
            of: isOfAll ? nil : context.tenant,
            since: try query.time("since"),
            until: try query.time("until"),
            by: grouping
        )
        return .json { writer in
            writer.object { writer in
                writer.member("object", "list")
                writer.member("group_by", grouping.rawValue)
                writer.key("data")
                writer.array { writer in
                    for line in lines { Self.write(line, key: line.key, to: &writer) }
                }
                writer.key("total")
                Self.write(Self.total(of: lines), key: nil, to: &writer)
            }
        }
    }

    /// Every call is in exactly one group, so the groups add up to the whole.
    static func total(of lines: [CostLine]) -> CostLine {
        let nothing = CostLine(key: "", calls: 0, usage: .zero, cost: Nanodollars(0), unknownCosts: 0)
        return lines.reduce(into: nothing) { total, line in
            total.calls += line.calls
            total.usage = total.usage + line.usage
            total.cost = total.cost + line.cost
            total.unknownCosts += line.unknownCosts
        }
    }

    private static func write(_ line: CostLine, key: String?, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.memberIfPresent("key", key)
            writer.member("calls", line.calls)
            writer.member("input_tokens", line.usage.input)
            writer.member("cached_tokens", line.usage.cachedInput)
            writer.member("cache_write_tokens", line.usage.cacheWrite)
            writer.member("output_tokens", line.usage.output)
            writer.member("reasoning_tokens", line.usage.reasoning)
            writer.member("cost_usd", line.cost.dollars)
            writer.member("unknown_costs", line.unknownCosts)
        }
    }
}
