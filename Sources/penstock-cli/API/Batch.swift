import JSON

/// A batch as the server shows it.
struct Batch: Sendable {
    let json: JSONValue
    let id: String
    let status: String
    let total: Int
    let completed: Int
    let failed: Int
    let outputFile: String?
    let errorFile: String?
    let problems: [BatchProblem]

    /// - Throws: `CLIError.unexpectedAnswer` when it is none.
    init(_ json: JSONValue) throws(CLIError) {
        self.json = json
        id = try json.required("id")
        status = try json.required("status")
        let counts = json.object("request_counts")
        total = counts?.int("total") ?? 0
        completed = counts?.int("completed") ?? 0
        failed = counts?.int("failed") ?? 0
        outputFile = json.text("output_file_id")
        errorFile = json.text("error_file_id")
        problems = json.path("errors", "data")?.elements.map(BatchProblem.init) ?? []
    }

    var finished: Int { completed + failed }
    var cost: Cost { json.cost }

    var isTerminal: Bool { ["completed", "failed", "expired", "cancelled"].contains(status) }

    /// Unix seconds; nil while it is not paused.
    var pausedAt: Int? { json.object("penstock")?.int("paused_at") }

    /// What it may cost at most; nil for no limit.
    var maxCost: Dollars? { json.object("penstock")?.text("max_cost_usd").flatMap { Dollars($0) } }

    /// What the process's exit code says about the batch once it is over.
    var verdict: CommandStatus {
        switch status {
        case "completed": failed == 0 ? .success : .partlyFailed
        case "failed": .invalidInput
        default: .partlyFailed
        }
    }
}

/// One complaint about a line of a batch's input.
struct BatchProblem: Sendable, Equatable {
    let code: String
    /// 1-based; nil when the whole file is meant.
    let line: Int?
    let message: String
    let param: String?

    init(code: String, line: Int?, message: String, param: String? = nil) {
        self.code = code
        self.line = line
        self.message = message
        self.param = param
    }

    init(_ json: JSONValue) {
        self.init(
            code: json.text("code") ?? "unknown",
            line: json.int("line"),
            message: json.text("message") ?? "",
            param: json.text("param")
        )
    }

    /// The complaints under each other.
    static func table(_ problems: [BatchProblem]) -> Table {
        Table(
            [.number("LINE"), .text("CODE"), .text("PARAM"), .flexible("MESSAGE")],
            rows: problems.map {
                [
                    Table.Cell($0.line?.grouped), Table.Cell($0.code, style: .bad), Table.Cell($0.param),
                    Table.Cell($0.message),
                ]
            }
        )
    }
}
