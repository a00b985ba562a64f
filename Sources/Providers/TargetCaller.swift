package import Fetch
package import Penstock
package import Threads

/// Calls any target: as it is where it speaks the OpenAI dialect, through its family's adapter where it does not.
package struct TargetCaller: ProviderCaller {
    private let direct: OpenAICompatibleCaller
    /// Nil where no target needs one: then jq is not even started.
    private let adapted: AdaptedCaller?

    /// - Parameter clock: what moments in answers are compared with.
    /// - Throws: when the system has no more threads.
    package init(client: FetchClient, library: AdapterLibrary, clock: WallClock) throws(SystemCallError) {
        direct = OpenAICompatibleCaller(client: client, clock: clock)
        adapted = library.isEmpty ? nil : try AdaptedCaller(client: client, library: library, clock: clock)
    }

    package func call(_ target: Target, endpoint: Endpoint, body: [UInt8], within timeout: Duration) async
        -> CallReport
    {
        guard target.adapter != Target.passThrough, let adapted else {
            return await direct.call(target, endpoint: endpoint, body: body, within: timeout)
        }
        return await adapted.call(target, endpoint: endpoint, body: body, within: timeout)
    }
}
