import JSON
package import Logging
import Penstock

/// Tries each target once with the smallest request there is, and says what came of it.
package struct TargetProbe: Sendable {
    /// What one target did.
    package struct Finding: Sendable, Equatable {
        package var target: String
        package var isGood: Bool
        /// One line for people; holds neither the key nor the answer.
        package var text: String
    }

    private static let longest = Duration.seconds(60)

    private let topology: Topology
    private let caller: any ProviderCaller

    /// - Throws: when the system has no more threads.
    package init(_ settings: Settings, logger: Logger) throws {
        self.init(settings.topology, caller: try settings.providerCaller(logger: logger.quietened))
    }

    init(_ topology: Topology, caller: any ProviderCaller) {
        self.topology = topology
        self.caller = caller
    }

    /// In the order of the settings, one after the other.
    package func run() async -> [Finding] {
        var findings: [Finding] = []
        for pool in topology.pools {
            for target in pool.targets { findings.append(await probe(target, in: pool)) }
        }
        return findings
    }

    /// A model for embeddings refuses a chat, so what is refused as such is asked the other way before it is blamed.
    private func probe(_ target: Target, in pool: Pool) async -> Finding {
        let model = target.model ?? topology.routes.filter { $0.value == pool.name }.keys.min() ?? "unknown"
        let endpoints = [Endpoint.chatCompletions, .embeddings].filter(target.endpoints.contains)
        var last = Finding(target: target.name, isGood: false, text: "serves neither chats nor embeddings, not tried")
        for endpoint in endpoints {
            let report = await caller.call(
                target,
                endpoint: endpoint,
                body: Self.body(for: endpoint, model: model),
                headers: ProviderHeaders(),
                within: min(target.timeout, Self.longest)
            )
            let finding = Self.finding(report, of: target, endpoint)
            if endpoint == endpoints.first || finding.isGood { last = finding }
            guard Self.isRefused(report) else { return last }
        }
        return last
    }

    private static func isRefused(_ report: CallReport) -> Bool {
        guard case .failed(let failure) = report.outcome else { return false }
        return [.callerInvalidRequest, .callerModelUnknown].contains(failure.error.errorClass)
    }

    private static func finding(_ report: CallReport, of target: Target, _ endpoint: Endpoint) -> Finding {
        switch report.outcome {
        case .succeeded(let response, let usage):
            let time = report.serviceTime.map { " in \($0.wholeMilliseconds) ms" } ?? ""
            let tokens =
                usage.map { "\($0.input) input and \($0.output) output tokens" } ?? "no usage, so costs are unknown"
            let text = "\(endpoint.rawValue) answered \(response.statusCode)\(time), \(tokens)"
            return Finding(target: target.name, isGood: true, text: text)
        case .failed(let failure):
            let status = failure.response.map { " (\($0.statusCode))" } ?? ""
            let text =
                "\(endpoint.rawValue) failed\(status): \(failure.error.errorClass.rawValue): \(failure.error.message)"
            return Finding(target: target.name, isGood: false, text: text)
        }
    }

    private static func body(for endpoint: Endpoint, model: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("model", model)
            guard endpoint == .chatCompletions else { return writer.member("input", "hi") }
            writer.key("messages")
            writer.array { messages in
                messages.object { message in
                    message.member("role", "user")
                    message.member("content", "Say hi.")
                }
            }
        }
        return writer.bytes
    }
}
