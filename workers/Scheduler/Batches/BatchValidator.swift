import JSON
import Penstock

/// Checks an input file as a whole, in bounded memory.
struct BatchValidator: Sendable {
    /// Complaints after which a file is bad enough.
    private static let mostErrors = 100

    let topology: Topology
    let configuration: SchedulerConfiguration
    let ledger: any FileLedger

    /// What a good file holds, or why it is not good.
    enum Verdict: Sendable {
        case good(total: Int, linesPerPool: [PoolName: Int], model: String?)
        case bad([BatchLineError])
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
                inspect(line, endpoint: batch.endpoint, &tally)
                if tally.total > configuration.maxBatchLines { return .bad([tooMany]) }
            }
        } catch is JSONError {
            let message = "The line is longer than \(configuration.maxLineBytes) bytes."
            tally.errors.append(BatchLineError(code: "line_too_long", line: reader.lineNumber, message: message))
        }
        guard tally.errors.isEmpty else { return .bad(tally.errors) }
        guard tally.total > 0 else {
            return .bad([BatchLineError(code: "empty_file", line: nil, message: "The file has no requests.")])
        }
        return .good(
            total: tally.total,
            linesPerPool: tally.linesPerPool,
            model: tally.models.count == 1 ? tally.models.first : nil
        )
    }

    private struct Tally {
        var total = 0
        var linesPerPool: [PoolName: Int] = [:]
        var models: Set<String> = []
        /// By bytes: two spellings of one letter are two ids, though Swift's texts would be equal.
        var customIDs: Set<[UInt8]> = []
        var errors: [BatchLineError] = []
    }

    private func inspect(_ line: InputReader.Line, endpoint: Endpoint, _ tally: inout Tally) {
        tally.total += 1
        do throws(RequestRefusal) {
            let inspected = try BatchLineInspector.inspect(line.bytes, endpoint: endpoint)
            guard tally.customIDs.insert(Array(inspected.customID.utf8)).inserted else {
                throw RequestRefusal(
                    code: "duplicate_custom_id",
                    message: "The custom_id stands in an earlier line too.",
                    param: "custom_id"
                )
            }
            guard let pool = topology.pool(forModel: inspected.request.model) else {
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
            tally.linesPerPool[pool.name, default: 0] += 1
            tally.models.insert(inspected.request.model)
        } catch {
            tally.errors.append(
                BatchLineError(code: error.code, line: line.number, message: error.message, param: error.param)
            )
        }
    }

    private var tooMany: BatchLineError {
        BatchLineError(
            code: "too_many_tasks",
            line: nil,
            message: "The file has more than \(configuration.maxBatchLines) requests."
        )
    }
}
