/// A response whose body arrives in pieces. Letting go of it and of its iterators ends the exchange.
package struct FetchStream: Sendable {
    /// The status code, 200...999.
    package let status: Int
    /// The header fields; trailers are dropped.
    package let headers: FetchHeaders
    /// The version that is spoken.
    package let httpVersion: FetchVersion
    private let lease: StreamLease

    init(head: ResponseHead, lease: StreamLease) {
        status = head.status
        headers = head.headers
        httpVersion = head.version
        self.lease = lease
    }

    /// The body as it came, for one reader. While the reader is busy, at most the client's `streamBufferBytes` (and what
    /// the kernel holds) wait; the peer is then held back.
    package var chunks: Chunks { Chunks(lease: lease) }

    /// Where the time went; nil before the end was reached well.
    package var timing: FetchTiming? { lease.channel.timing }

    /// Ends the exchange; a reader gets `cancelled`.
    package func cancel() {
        lease.cancel()
    }

    /// The body's bytes; each element is not empty.
    package struct Chunks: AsyncSequence, Sendable {
        package typealias Element = [UInt8]
        package typealias Failure = FetchError
        fileprivate let lease: StreamLease

        package func makeAsyncIterator() -> Iterator { Iterator(lease: lease) }
    }

    /// Reads the body.
    package struct Iterator: AsyncIteratorProtocol {
        package typealias Element = [UInt8]
        package typealias Failure = FetchError
        fileprivate let lease: StreamLease

        /// The next bytes; nil at the complete end. Cancelling the task ends the exchange.
        package mutating func next() async throws(FetchError) -> [UInt8]? {
            try await lease.next().get()
        }

        /// As `next()`.
        package mutating func next(isolation actor: isolated (any Actor)?) async throws(FetchError) -> [UInt8]? {
            try await lease.next().get()
        }
    }
}

/// Ownership of a streaming exchange: it ends with the last reference.
final class StreamLease: Sendable {
    let channel: StreamChannel
    private let id: UInt64
    private let inbox: LoopInbox
    /// Keeps the client's thread alive.
    private let client: FetchClient

    init(id: UInt64, channel: StreamChannel, inbox: LoopInbox, client: FetchClient) {
        self.id = id
        self.channel = channel
        self.inbox = inbox
        self.client = client
    }

    deinit {
        cancel()
    }

    /// Without effect once the exchange has ended.
    func cancel() {
        inbox.post(.cancel(id: id))
    }

    func next() async -> StreamChannel.ChunkResult {
        guard !Task.isCancelled else {
            cancel()
            return .failure(FetchError(.cancelled, "the exchange was cancelled", requestMayHaveBeenSent: true))
        }
        return await withTaskCancellationHandler {
            await channel.next { inbox.post(.resume(id: id)) }
        } onCancel: {
            cancel()
        }
    }
}
