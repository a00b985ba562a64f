import JSON

/// `submit --dry-run`: everything that can be known before anything is sent.
struct DryRun {
    let check: BatchFileCheck
    let prices: PriceList

    /// Reads and checks the whole file.
    static func check(_ path: String, endpoint: String?) async throws -> BatchFileCheck {
        var check = BatchFileCheck(endpoint: endpoint)
        var lastLine = 0
        do {
            try await LineFile.forEachLine(of: path) { line in
                check.check(line)
                lastLine = line.lineNumber
                return true
            }
        } catch let error as JSONError {
            check.stop(line: lastLine + 1, message: error.message)
        }
        check.finish()
        return check
    }

    var verdict: CommandStatus { check.isValid ? .success : .invalidInput }

    /// The estimated cost of all models; nil when a price is missing.
    var cost: Dollars? {
        var sum: Int64 = 0
        for (model, load) in check.loads {
            guard let part = prices[model]?.cost(of: load) else { return nil }
            let (total, overflow) = sum.addingReportingOverflow(part.nanodollars)
            guard !overflow else { return nil }
            sum = total
        }
        return Dollars(nanodollars: sum)
    }

    func show(on output: TextChannel) throws(CLIError) {
        if !check.isValid {
            try output.table(BatchProblem.table(check.problems))
            let more = check.problemCount - check.problems.count
            if more > 0 { try output.line("… and \(more.grouped) more") }
            try output.line()
        }
        if !check.loads.isEmpty { try output.table(loadTable) }
        let verdict =
            check.isValid
            ? "valid" : "invalid: \(check.problemCount.grouped) problem\(check.problemCount == 1 ? "" : "s")"
        try output.line(
            "\(check.requests.grouped) requests for \((check.endpoint ?? "no endpoint").printable), \(verdict)."
        )
        try output.line("Estimated cost: \(cost?.text ?? "unknown, as not all prices are")")
    }

    private var loadTable: Table {
        let sorted = check.loads.sorted { $0.key < $1.key }
        return Table(
            [
                .flexible("MODEL"), .number("REQUESTS"), .number("INPUT TOKENS"), .number("OUTPUT TOKENS"),
                .number("COST"),
            ],
            rows: sorted.map { model, load in
                [
                    Table.Cell(model), Table.Cell(load.requests.grouped), Table.Cell("~\(load.input.grouped)"),
                    Table.Cell("~\(load.output.grouped)"),
                    Table.Cell(prices[model]?.cost(of: load)?.text ?? "unknown"),
                ]
            }
        )
    }

    /// The same for scripts, on one line.
    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("valid", check.isValid)
            writer.member("requests", check.requests)
            writer.member("endpoint", check.endpoint)
            writer.member("estimated_cost_usd", cost?.decimal)
            writer.key("models")
            writer.array { writer in
                for (model, load) in check.loads.sorted(by: { $0.key < $1.key }) { write(model, load, &writer) }
            }
            writer.member("error_count", check.problemCount)
            writer.key("errors")
            writer.array { writer in
                for problem in check.problems { problem.write(to: &writer) }
            }
        }
        return writer.bytes
    }

    private func write(_ model: String, _ load: BatchFileCheck.Load, _ writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("model", model)
            writer.member("requests", load.requests)
            writer.member("estimated_input_tokens", load.input)
            writer.member("estimated_output_tokens", load.output)
            writer.member("estimated_cost_usd", prices[model]?.cost(of: load)?.decimal)
        }
    }
}

extension BatchProblem {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("code", code)
            writer.member("line", line)
            writer.member("message", message)
            writer.member("param", param)
        }
    }
}
