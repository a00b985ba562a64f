import JSON

extension JobView {
    /// All that is worth knowing about the job.
    var details: Details {
        var details = Details()
        details.add("job", id, style: .strong)
        details.add("state", state, style: .of(state: state))
        details.add("waits for", wait?.sentence, style: .caution)
        details.add("error", problem, style: .bad)
        details.add("requeued as", json.text("requeued_as"))
        details.add("model", json.text("model"))
        details.add("endpoint", json.text("endpoint"))
        details.add("class", json.text("class"))
        details.add("durability", json.text("durability"))
        details.add("created", TimeText.utc(json.int("created_at")))
        details.add("deadline", TimeText.utc(json.int("deadline_at")))
        details.add("ended", TimeText.utc(json.int("finished_at")))
        details.add("attempts", json.int("attempts")?.grouped)
        details.add("tokens", json.object("usage").map(TokenText.usage))
        // Before the first call there is nothing to know.
        if json.text("cost_usd") != nil || json.int("attempts") ?? 0 > 0 { details.add("cost", json.cost.text) }
        details.add("batch", json.text("batch_id"))
        details.add("custom id", json.text("custom_id"))
        details.add("tags", json.pairs("tags"))
        details.add("metadata", json.pairs("metadata"))
        return details
    }

    /// The rows of `penstock jobs`.
    static func table(_ jobs: [JobView]) -> Table {
        Table(
            [
                .text("JOB"), .text("STATE"), .text("CLASS"), .text("CREATED"), .number("ATTEMPTS"), .number("TOKENS"),
                .number("COST"), .flexible("MODEL"), .flexible("REMARK"),
            ],
            rows: jobs.map { job in
                [
                    Table.Cell(job.id), .state(job.state), Table.Cell(job.json.text("class")),
                    Table.Cell(TimeText.utc(job.json.int("created_at"))), Table.Cell(job.json.int("attempts")?.grouped),
                    Table.Cell(job.json.path("usage", "total_tokens")?.int64.map { Int($0).grouped }),
                    Table.Cell(job.json.text("cost_usd").map { _ in job.json.cost.text }),
                    Table.Cell(job.json.text("model")),
                    Table.Cell(job.remark),
                ]
            }
        )
    }

    private var remark: String {
        if let next = json.text("requeued_as") { return "requeued as \(next)" }
        return problem ?? wait.map { "waits for \($0.brief)" } ?? ""
    }
}
