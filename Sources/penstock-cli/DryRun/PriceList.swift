import JSON

/// What models cost, as far as the server's model list says.
struct PriceList: Sendable {
    /// Dollars per million tokens.
    struct Price: Sendable, Equatable {
        let input: Dollars
        let output: Dollars

        /// Rounded down to whole nanodollars; nil beyond 64 bits.
        func cost(of load: BatchFileCheck.Load) -> Dollars? {
            let perMillion =
                Int128(load.input) * Int128(input.nanodollars) + Int128(load.output) * Int128(output.nanodollars)
            return Int64(exactly: perMillion / 1_000_000).map(Dollars.init(nanodollars:))
        }
    }

    private var prices: [String: Price] = [:]

    /// No price is known.
    init() {}

    /// Reads `pricing` of `GET /v1/models`: `{"input_usd_per_million":"0.15","output_usd_per_million":"0.60"}`.
    init(models: [JSONValue]) {
        for model in models {
            guard let id = model.text("id"), let price = Self.price(of: model) else { continue }
            prices[id] = price
        }
    }

    subscript(model: String) -> Price? { prices[model] }

    static func price(of model: JSONValue) -> Price? {
        guard let pricing = model.object("pricing"), let input = dollars(pricing, "input_usd_per_million"),
            let output = dollars(pricing, "output_usd_per_million")
        else { return nil }
        return Price(input: input, output: output)
    }

    /// Decimal text or a number.
    private static func dollars(_ pricing: JSONValue, _ key: String) -> Dollars? {
        guard let value = pricing[key] else { return nil }
        return Dollars(value.string ?? String(decoding: value.rawBytes, as: UTF8.self))
    }
}
