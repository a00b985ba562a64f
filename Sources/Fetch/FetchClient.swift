package import Logging

/// An HTTP client on libcurl. One thread serves any number of concurrent exchanges; connections are kept and shared.
package final class FetchClient: Sendable {
    private let inbox: LoopInbox
    private let streamBufferBytes: Int

    /// Starts the client's thread.
    ///
    /// - Throws: `other` if the process is out of descriptors, memory or threads.
    package init(configuration: FetchConfiguration = FetchConfiguration(), logger: Logger) throws(FetchError) {
        try CurlThread.prepare()
        inbox = try LoopInbox()
        streamBufferBytes = configuration.streamBufferBytes
        try CurlThread.run(CurlLoop(configuration: configuration, inbox: inbox, logger: logger))
    }

    deinit {
        inbox.close()
    }

    /// Makes one exchange and returns the whole response, whatever its status.
    ///
    /// Cancelling the task ends the exchange at once.
    /// - Throws: any code; `requestMayHaveBeenSent` tells whether repeating is safe.
    package func fetch(_ request: FetchRequest) async throws(FetchError) -> FetchResponse {
        let collector = ResponseCollector()
        let id = try begin(request, sink: collector)
        return try await withTaskCancellationHandler {
            await collector.outcome()
        } onCancel: {
            inbox.post(.cancel(id: id))
        }.get()
    }

    /// Makes one exchange and returns once the response's headers are there; the body follows in pieces.
    ///
    /// Cancelling the task, or letting go of the stream, ends the exchange at once.
    /// - Throws: any code; `requestMayHaveBeenSent` tells whether repeating is safe.
    package func stream(_ request: FetchRequest) async throws(FetchError) -> FetchStream {
        let channel = StreamChannel(limit: streamBufferBytes)
        let id = try begin(request, sink: channel)
        let lease = StreamLease(id: id, channel: channel, inbox: inbox, client: self)
        let head = try await withTaskCancellationHandler {
            await channel.head()
        } onCancel: {
            lease.cancel()
        }.get()
        return FetchStream(head: head, lease: lease)
    }

    /// Ends all exchanges with `closed` and waits until the thread has released everything. May be called repeatedly.
    package func shutdown() async {
        inbox.close()
        await inbox.ended()
    }

    private func begin(_ request: FetchRequest, sink: any TransferSink) throws(FetchError) -> UInt64 {
        let plan = try RequestPlan(request)
        guard !Task.isCancelled else { throw FetchError(.cancelled, "the exchange was cancelled") }
        return try inbox.start(plan, sink: sink)
    }
}
