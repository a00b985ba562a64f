package import Fetch
package import Penstock
package import Threads

/// Calls any target: as it is where it speaks the OpenAI dialect, through its family's adapter where it does not.
package struct TargetCaller: ProviderCaller {
    private let direct: OpenAICompatibleCaller
    /// Nil where no target needs one: then jq is not even started.
    private let adapted: AdaptedCaller?

    /// - Throws: when the system has no more threads.
    package init(client: FetchClient, library: AdapterLibrary) throws(SystemCallError) {
        direct = OpenAICompatibleCaller(client: client)
        adapted = library.isEmpty ? nil : try AdaptedCaller(client: client, library: library)
    }

    package func call(_ target: Target, endpoint: Endpoint, body: [UInt8], within timeout: Duration) async
        -> CallOutcome
    {
        guard target.adapter != Target.passThrough, let adapted else {
            return await direct.call(target, endpoint: endpoint, body: body, within: timeout)
        }
        return await adapted.call(target, endpoint: endpoint, body: body, within: timeout)
    }
}
