import JSON
import Penstock

extension BatchDocument {
    /// - Returns: nil when the bytes are not a batch's document.
    static func decode(_ document: [UInt8], version: Int64) -> BatchRecord? {
        // The ledger's own text: as deep and as long as `encode` made it.
        guard let root = try? JSONDocument(parsing: document, limits: JSONLimits(maxBytes: .max)).root,
            var batch = request(root), readProgress(root, into: &batch), readResults(root, into: &batch)
        else { return nil }
        batch.version = version
        return batch
    }

    private static func request(_ root: JSONValue) -> BatchRecord? {
        guard let id = root["id"]?.string, let tenant = root["tenant"]?.string,
            let endpoint = root["endpoint"]?.string.flatMap(Endpoint.init(rawValue:)),
            let dialect = dialect(root), let inputFile = root["input_file"]?.string,
            let completionWindow = root["completion_window"]?.string,
            let createdAt = time(root, "created_ms"), let expiresAt = time(root, "expires_ms"),
            let jobClass = root["class"]?.string.flatMap(JobClass.init(rawValue:)),
            let headers = ProviderHeaders(json: root["headers"])
        else { return nil }
        let metadata = root["metadata"].flatMap { all($0, pair) }
        let webhook = root["webhook"].flatMap(target)
        guard (metadata == nil) == (root["metadata"] == nil), (webhook == nil) == (root["webhook"] == nil)
        else { return nil }
        var batch = BatchRecord(
            id: BatchID(id),
            tenant: TenantID(trusted: tenant),
            endpoint: endpoint,
            dialect: dialect,
            inputFile: FileID(inputFile),
            completionWindow: completionWindow,
            createdAt: createdAt,
            expiresAt: expiresAt,
            jobClass: jobClass,
            tags: JobTags(feature: root["feature"]?.string, customer: root["customer"]?.string),
            metadata: metadata,
            webhook: webhook,
            maxCost: nanodollars(root, "max_cost_nano")
        )
        batch.resultLifetime = root["result_lifetime_ms"]?.int64.map { .milliseconds($0) }
        batch.headers = headers
        return batch
    }

    /// Documents of earlier versions have none, when there was one API.
    private static func dialect(_ root: JSONValue) -> BatchDialect? {
        guard let text = root["dialect"] else { return .openAI }
        return text.string.flatMap(BatchDialect.init(rawValue:))
    }

    private static func target(_ value: JSONValue) -> WebhookTarget? {
        guard let url = value["url"]?.string, let secret = value["secret"]?.string else { return nil }
        return WebhookTarget(url: url, secret: Secret(secret))
    }

    private static func pair(_ value: JSONValue) -> MetadataPair? {
        let texts = value.elements.compactMap(\.string)
        return texts.count == 2 ? MetadataPair(key: texts[0], value: texts[1]) : nil
    }

    private static func readProgress(_ root: JSONValue, into batch: inout BatchRecord) -> Bool {
        guard let state = root["state"]?.string.flatMap(BatchState.init(rawValue:)) else { return false }
        batch.state = state
        batch.inProgressAt = time(root, "in_progress_ms")
        batch.finalizingAt = time(root, "finalizing_ms")
        batch.completedAt = time(root, "completed_ms")
        batch.failedAt = time(root, "failed_ms")
        batch.expiredAt = time(root, "expired_ms")
        batch.cancellingAt = time(root, "cancelling_ms")
        batch.cancelledAt = time(root, "cancelled_ms")
        batch.pausedAt = time(root, "paused_ms")
        batch.maxCostReachedAt = time(root, "max_cost_reached_ms")
        batch.owner = root["owner"]?.string
        batch.ownedUntil = time(root, "owned_until_ms")
        batch.termsInQueues = root["terms_in_queues"].flatMap(terms)
        return (batch.termsInQueues == nil) == (root["terms_in_queues"] == nil)
    }

    private static func terms(_ value: JSONValue) -> BatchTerms? {
        guard let jobClass = value["class"]?.string.flatMap(JobClass.init(rawValue:)),
            let expiresAt = time(value, "expires_ms"), let isPaused = value["is_paused"]?.bool
        else { return nil }
        return BatchTerms(jobClass: jobClass, expiresAt: expiresAt, isPaused: isPaused)
    }

    private static func readResults(_ root: JSONValue, into batch: inout BatchRecord) -> Bool {
        guard let errors = root["errors"], let total = int(root, "total"), let pools = root["lines_per_pool"],
            let lineErrors = all(errors, lineError)
        else { return false }
        batch.errors = lineErrors
        batch.total = total
        for (pool, lines) in pools.members {
            guard let lines = lines.int64 else { return false }
            batch.linesPerPool[PoolName(pool)] = Int(lines)
        }
        batch.model = root["model"]?.string
        batch.dearestLine = nanodollars(root, "dearest_line_nano")
        batch.outputFile = root["output_file"]?.string.map { FileID($0) }
        batch.errorFile = root["error_file"]?.string.map { FileID($0) }
        batch.summary = root["summary"].flatMap(summary)
        return (batch.summary == nil) == (root["summary"] == nil)
    }

    private static func lineError(_ value: JSONValue) -> BatchLineError? {
        guard let code = value["code"]?.string, let message = value["message"]?.string else { return nil }
        return BatchLineError(
            code: code,
            line: int(value, "line"),
            message: message,
            param: value["param"]?.string
        )
    }

    private static func summary(_ value: JSONValue) -> BatchSummary? {
        guard let succeeded = int(value, "succeeded"), let failed = int(value, "failed"),
            let expired = int(value, "expired"), let cancelled = int(value, "cancelled"),
            let input = int(value, "input_tokens"), let cached = int(value, "cached_tokens"),
            let output = int(value, "output_tokens"), let reasoning = int(value, "reasoning_tokens"),
            let cost = value["cost_nano"]?.int64, let unknownCosts = int(value, "unknown_costs")
        else { return nil }
        return BatchSummary(
            counts: BatchCounts(succeeded: succeeded, failed: failed, expired: expired, cancelled: cancelled),
            usage: Usage(
                input: input,
                cachedInput: cached,
                // Documents of earlier versions have none.
                cacheWrite: int(value, "cache_write_tokens") ?? 0,
                output: output,
                reasoning: reasoning
            ),
            cost: Nanodollars(cost),
            unknownCosts: unknownCosts
        )
    }

    /// - Returns: nil when one element is not what it should be.
    private static func all<Element>(_ array: JSONValue, _ read: (JSONValue) -> Element?) -> [Element]? {
        var elements: [Element] = []
        for value in array.elements {
            guard let element = read(value) else { return nil }
            elements.append(element)
        }
        return elements
    }

    private static func int(_ value: JSONValue, _ key: String) -> Int? {
        value[key]?.int64.map { Int($0) }
    }

    private static func nanodollars(_ value: JSONValue, _ key: String) -> Nanodollars? {
        value[key]?.int64.map { Nanodollars($0) }
    }

    private static func time(_ value: JSONValue, _ key: String) -> Timestamp? {
        value[key]?.int64.map { Timestamp(milliseconds: $0) }
    }
}
