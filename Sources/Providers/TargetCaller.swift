package import Fetch
package import Penstock
import Threads

/// Calls any target: as it is where it speaks the request's dialect, through a translation where it does not.
package struct TargetCaller: ProviderCaller {
    private let direct: OpenAICompatibleCaller
    private let adapted: AdaptedCaller
    private let messages: MessagesDialect

    /// - Parameter clock: what moments in answers are compared with.
    /// - Throws: when the system has no more threads.
    package init(client: FetchClient, library: AdapterLibrary, clock: WallClock) throws {
        let threads = try JQThreads()
        direct = OpenAICompatibleCaller(client: client, clock: clock)
        adapted = AdaptedCaller(client: client, library: library, threads: threads, clock: clock)
        messages = try MessagesDialect(threads: threads)
    }

    package func call(
        _ target: Target,
        endpoint: Endpoint,
        body: [UInt8],
        headers: ProviderHeaders,
        within timeout: Duration
    ) async -> CallReport {
        let report = await answer(target, endpoint, body, headers, timeout)
        return report.fit(forCallersOf: endpoint, at: target)
    }

    private func answer(
        _ target: Target,
        _ endpoint: Endpoint,
        _ body: [UInt8],
        _ headers: ProviderHeaders,
        _ timeout: Duration
    ) async -> CallReport {
        guard endpoint == .messages, !adapted.isNative(endpoint, at: target) else {
            return await speak(target, endpoint, body, headers, timeout)
        }
        // A chat is of another API than the headers.
        return await messages.call(body) { await speak(target, .chatCompletions, $0, ProviderHeaders(), timeout) }
    }

    private func speak(
        _ target: Target,
        _ endpoint: Endpoint,
        _ body: [UInt8],
        _ headers: ProviderHeaders,
        _ timeout: Duration
    ) async -> CallReport {
        guard target.adapter != Target.passThrough else {
            return await direct.call(target, endpoint: endpoint, body: body, headers: headers, within: timeout)
        }
        return await adapted.call(target, endpoint: endpoint, body: body, headers: headers, within: timeout)
    }
}
