/// What a batch in the OpenAI dialect says about its jobs through documented `metadata` keys.
package struct JobOptions: Sendable, Equatable {
    package var jobClass: JobClass?
    package var tags: JobTags
    /// What the whole batch may cost; nil is no bound.
    package var maxCost: Nanodollars?

    package init(jobClass: JobClass? = nil, tags: JobTags = JobTags(), maxCost: Nanodollars? = nil) {
        self.jobClass = jobClass
        self.tags = tags
        self.maxCost = maxCost
    }

    /// Reads `penstock_class` (`interactive`, `standard`, `batch`), `penstock_tags` (`feature=search,customer=acme`)
    /// and `penstock_max_cost_usd` (`5.00`).
    ///
    /// - Throws: `RequestRefusal` for a wrong value or a `penstock_` key that does not exist: a misspelt key must not
    ///   be silently ignored.
    package init(metadata: [MetadataPair]) throws(RequestRefusal) {
        self.init()
        for pair in metadata where pair.key.hasPrefix("penstock_") {
            switch pair.key {
            case "penstock_class": jobClass = try Self.jobClass(pair.value)
            case "penstock_tags": tags = try Self.tags(pair.value)
            case "penstock_max_cost_usd": maxCost = try Self.maxCost(pair.value)
            default:
                throw RequestRefusal(
                    code: "unknown_metadata_key",
                    message: "metadata keys that begin with penstock_ are penstock_class, penstock_tags and "
                        + "penstock_max_cost_usd.",
                    param: "metadata.\(pair.key)"
                )
            }
        }
    }

    private static func jobClass(_ text: String) throws(RequestRefusal) -> JobClass {
        guard let jobClass = JobClass(rawValue: text) else {
            throw RequestRefusal(
                code: "invalid_class",
                message: "The class is one of interactive, standard, batch.",
                param: "metadata.penstock_class"
            )
        }
        return jobClass
    }

    private static func tags(_ text: String) throws(RequestRefusal) -> JobTags {
        var tags = JobTags()
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            switch (pair.first, pair.count) {
            case ("feature", 2): tags.feature = pair[1]
            case ("customer", 2): tags.customer = pair[1]
            default:
                throw RequestRefusal(
                    code: "invalid_tags",
                    message: "Tags are written feature=NAME,customer=NAME.",
                    param: "metadata.penstock_tags"
                )
            }
        }
        return tags
    }

    private static func maxCost(_ text: String) throws(RequestRefusal) -> Nanodollars {
        guard let cost = Nanodollars(dollars: text), cost > Nanodollars(0) else {
            throw RequestRefusal(
                code: "invalid_max_cost",
                message: "The most a batch may cost is a decimal of US dollars above 0, such as 5.00.",
                param: "metadata.penstock_max_cost_usd"
            )
        }
        return cost
    }
}
