import JSON
import Penstock
import Threads

/// Serves Anthropic's Messages API at targets that only speak chat completions: a request is translated into one for a
/// chat, called as such, and its answer translated back.
struct MessagesDialect: Sendable {
    private let run: AdapterRun

    /// Compiles the translation. Blocks for some 50 ms: for the start of a process.
    ///
    /// - Throws: `AdapterError` for a program that is built in, so never in a tested build.
    init(threads: JQThreads) throws(AdapterError) {
        let text = String(decoding: PackageResources.messages_jq, as: UTF8.self)
        run = AdapterRun(family: try AdapterFamily(AdapterSource(name: "messages", text: text)), threads: threads)
    }

    /// - Parameter chat: makes the call of the chat that stands for the message.
    func call(_ body: [UInt8], chat: ([UInt8]) async -> CallReport) async -> CallReport {
        do throws(Untranslated) {
            var report = await chat(try await run.request(body))
            report.outcome = await translated(report.outcome)
            return report
        } catch {
            return CallReport(.failed(CallFailure(error: error.error, mayHaveBeenSent: false)))
        }
    }

    private func translated(_ outcome: CallOutcome) async -> CallOutcome {
        switch outcome {
        case .succeeded(var response, let usage):
            do throws(Untranslated) {
                response.body = try await run.response(response.body).body
                return .succeeded(response, usage: usage)
            } catch {
                return .failed(CallFailure(error: error.error, mayHaveBeenSent: true))
            }
        case .failed(var failure):
            guard let response = failure.response else { return outcome }
            let body = await run.failure(status: response.statusCode, body: response.body)
            failure.response?.body = body ?? response.body
            return .failed(failure)
        }
    }
}
