import JSON

extension Batch {
    /// All that is worth knowing about the batch.
    ///
    /// - Parameter now: unix seconds.
    func details(now: Int) -> Details {
        var details = Details()
        details.add("batch", id, style: .strong)
        details.add("status", status, style: .of(state: status))
        details.add("requests", requestsText)
        details.add("waits for", waitingText, style: .caution)
        details.add("paused since", pausedSince, style: .caution)
        let forecast = BatchForecast(self, now: now)
        details.add("forecast", forecast?.text, style: forecast?.isTooLate == true ? .bad : nil)
        details.add("endpoint", json.text("endpoint"))
        details.add("class", json.object("penstock")?.text("class"))
        details.add("model", json.text("model"))
        details.add("created", TimeText.utc(json.int("created_at")))
        details.add("deadline", TimeText.utc(json.int("expires_at")))
        details.add("ended", TimeText.utc(endedAt))
        details.add("tokens", json.object("usage").map(TokenText.usage))
        details.add("cost", cost.text)
        details.add("cost limit", maxCost?.text)
        details.add("metadata", json.pairs("metadata"))
        details.add("input file", json.text("input_file_id"))
        details.add("output file", outputFile)
        details.add("error file", errorFile)
        return details
    }

    /// How to go on from here.
    var nextSteps: [String] {
        guard isTerminal else { return ["penstock watch \(id)", "penstock cancel \(id)"] }
        return [
            outputFile.map { _ in "penstock results \(id) --output results.jsonl" },
            errorFile.map { _ in "penstock results \(id) --errors" },
            errorFile.map { _ in "penstock retry \(id) --failed" },
        ].compactMap { $0 }
    }

    private var pausedSince: String? {
        isTerminal ? nil : TimeText.utc(pausedAt).map { "\($0), resume: penstock resume --batch \(id)" }
    }

    private var requestsText: String? {
        guard total > 0 else { return nil }
        let open = total - finished
        return
            "\(total.grouped) in total, \(completed.grouped) succeeded, \(failed.grouped) failed, \(open.grouped) open"
    }

    private var waitingText: String? {
        status == "validating" ? "the check of its input file" : json.text("waiting_for").map(WaitReason.words)
    }

    private var endedAt: Int? {
        ["completed_at", "failed_at", "expired_at", "cancelled_at"].lazy.compactMap { json.int($0) }.first
    }

    /// The rows of `penstock batches`.
    static func table(_ batches: [Batch]) -> Table {
        Table(
            [
                .text("BATCH"), .text("STATUS"), .number("DONE"), .number("TOTAL"), .number("FAILED"),
                .text("CREATED"), .number("COST"), .flexible("ENDPOINT"),
            ],
            rows: batches.map { batch in
                [
                    Table.Cell(batch.id), .state(batch.status), Table.Cell(batch.finished.grouped),
                    Table.Cell(batch.total.grouped),
                    Table.Cell(batch.failed.grouped, style: batch.failed > 0 ? .bad : nil),
                    Table.Cell(TimeText.utc(batch.json.int("created_at"))), Table.Cell(batch.cost.text),
                    Table.Cell(batch.json.text("endpoint")),
                ]
            }
        )
    }
}

/// Tokens in words.
enum TokenText {
    /// `1,234 in (200 cached), 567 out (100 reasoning)` from a usage object.
    static func usage(_ usage: JSONValue) -> String {
        let cached = usage.path("input_tokens_details", "cached_tokens")?.int64.map { Int($0) } ?? 0
        let reasoning = usage.path("output_tokens_details", "reasoning_tokens")?.int64.map { Int($0) } ?? 0
        let input = "\((usage.int("input_tokens") ?? 0).grouped) in"
        let output = "\((usage.int("output_tokens") ?? 0).grouped) out"
        return input + (cached > 0 ? " (\(cached.grouped) cached)" : "") + ", " + output
            + (reasoning > 0 ? " (\(reasoning.grouped) reasoning)" : "")
    }
}
