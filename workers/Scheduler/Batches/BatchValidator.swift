import JSON
import Penstock

/// Checks an input file as a whole, in bounded memory.
struct BatchValidator: Sendable {
    /// Complaints after which a file is bad enough.
    private static let mostErrors = 100
    private static let linesPerTurn = 128

    let topology: Topology
    let configuration: SchedulerConfiguration
    let ledger: any FileLedger
    let experience: ExperienceBoard

    /// What a good file holds, or why it is not good.
    enum Verdict: Sendable {
        case good(Findings)
        case bad([BatchLineError])
    }

    struct Findings: Sendable {
        var total = 0
        var linesPerPool: [PoolName: Int] = [:]
        /// The model of all lines, or nil when they differ.
        var model: String?
        /// The most that one line can cost, of a batch whose cost is bounded.
        var dearestLine: Nanodollars?
    }

    /// - Throws: `LedgerUnavailable`; what is wrong with the file is a verdict.
    func validate(_ batch: BatchRecord) async throws -> Verdict {
        var tally = Tally()
        var reader = InputReader(
            batch.inputFile,
            from: .start,
            maxLineBytes: configuration.maxLineBytes,
            ledger: ledger
        )
        do {
            while let line = try await reader.next(), tally.errors.count < Self.mostErrors {
                inspect(line, of: batch, &tally)
                if tally.findings.total > configuration.maxBatchLines { return .bad([tooMany("requests")]) }
                if tally.inputs > configuration.maxBatchLines { return .bad([tooMany("texts to embed")]) }
                // Others have their turn in between, however large the chunks are.
                if tally.findings.total.isMultiple(of: Self.linesPerTurn) { await Task.yield() }
            }
        } catch is JSONError {
            let message = "The line is longer than \(configuration.maxLineBytes) bytes."
            tally.errors.append(BatchLineError(code: "line_too_long", line: reader.lineNumber, message: message))
        }
        guard tally.errors.isEmpty else { return .bad(tally.errors) }
        guard tally.findings.total > 0 else {
            return .bad([BatchLineError(code: "empty_file", line: nil, message: "The file has no requests.")])
        }
        tally.findings.model = tally.models.count == 1 ? tally.models.first : nil
        return .good(tally.findings)
    }

    private struct Tally {
        var findings = Findings()
        var models: Set<String> = []
        var inputs = 0
        /// By bytes: two spellings of one letter are two ids, though Swift's texts would be equal.
        var customIDs: Set<[UInt8]> = []
        var errors: [BatchLineError] = []
    }

    private func inspect(_ line: InputReader.Line, of batch: BatchRecord, _ tally: inout Tally) {
        tally.findings.total += 1
        do throws(RequestRefusal) {
            let inspected = try BatchLineInspector.inspect(line.bytes, endpoint: batch.endpoint)
            guard tally.customIDs.insert(Array(inspected.customID.utf8)).inserted else {
                throw RequestRefusal(
                    code: "duplicate_custom_id",
                    message: "The custom_id stands in an earlier line too.",
                    param: "custom_id"
                )
            }
            tally.inputs += inspected.request.inputs
            let pool = try pool(for: inspected.request, endpoint: batch.endpoint)
            tally.findings.linesPerPool[pool.name, default: 0] += 1
            try batch.headers.check(model: inspected.request.model, at: batch.endpoint, in: pool)
            let (estimate, model) = (inspected.request.estimate, inspected.request.model)
            try RequestSize.check(experience.corrected(estimate, model: model, in: pool.name), in: pool)
            if batch.maxCost != nil {
                let cost = try mostCost(of: inspected.request, in: pool)
                tally.findings.dearestLine = max(cost, tally.findings.dearestLine ?? cost)
            }
            tally.models.insert(model)
        } catch {
            if batch.dialect.badLinesEndAlone { return }
            tally.errors.append(
                BatchLineError(code: error.code, line: line.number, message: error.message, param: error.param)
            )
        }
    }

    private func pool(for request: InspectedRequest, endpoint: Endpoint) throws(RequestRefusal) -> Pool {
        guard let pool = topology.pool(forModel: request.model) else {
            throw RequestRefusal(
                code: "model_not_found",
                message: "There is no such model here.",
                param: "body.model"
            )
        }
        guard pool.serves(endpoint) else {
            throw RequestRefusal(
                code: "unsupported_endpoint",
                message: "The model is not served at \(endpoint.rawValue).",
                param: "body.model"
            )
        }
        return pool
    }

    private func mostCost(of request: InspectedRequest, in pool: Pool) throws(RequestRefusal) -> Nanodollars {
        guard let cost = experience.mostCost(of: request.estimate, model: request.model, in: pool) else {
            throw RequestRefusal(
                code: "no_price",
                message: "Not every target of the model has a price, so the batch's cost cannot be bounded.",
                param: "body.model"
            )
        }
        return cost
    }

    private func tooMany(_ what: String) -> BatchLineError {
        BatchLineError(
            code: "too_many_tasks",
            line: nil,
            message: "The file has more than \(configuration.maxBatchLines) \(what)."
        )
    }
}
