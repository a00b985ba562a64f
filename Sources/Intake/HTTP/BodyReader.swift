import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1

/// The body of one request, read at most once.
///
/// It asks a client that holds its body back (`Expect: 100-continue`) for it with the first read, so a request that is
/// refused by its head alone is never sent.
///
/// Unchecked: only the task that handles the request touches it, one step after the other.
final class BodyReader: @unchecked Sendable {
    /// The length that the head declares; nil for a chunked body.
    let declaredLength: Int?
    /// Bytes read so far.
    private(set) var received = 0
    private(set) var isFinished: Bool
    /// The client waits for `100 Continue`.
    private(set) var isHeldBack: Bool
    /// It came so slowly that it was given up.
    private(set) var isTooSlow = false
    /// How long the client was waited for.
    private var waited = Duration.zero
    private let pace: BodyPace
    private var iterator: RequestBody.AsyncIterator
    private let writer: HeldWriter

    init(of request: Request, pace: BodyPace, writer: HeldWriter) {
        let length = request.headers[.contentLength].flatMap { Int($0) }
        let isChunked = request.headers[.transferEncoding] != nil
        declaredLength = isChunked ? nil : length ?? 0
        isFinished = declaredLength == 0
        isHeldBack = !isFinished && request.headers[.expect]?.lowercased() == "100-continue"
        iterator = request.body.makeAsyncIterator()
        self.pace = pace
        self.writer = writer
    }

    /// The next bytes; nil at the end.
    ///
    /// - Throws: `APIError.incompleteBody` when the client went away in between, `.slowBody` when it comes too slowly.
    @concurrent
    func next() async throws -> ByteBuffer? {
        guard !isFinished else { return nil }
        if isHeldBack {
            isHeldBack = false
            try await writer.writeContinue()
        }
        let start = ContinuousClock.now
        let chunk = try await nextPart()
        waited += start.duration(to: .now)
        if let chunk {
            received += chunk.readableBytes
            // Told once: what comes then is read to be thrown away.
            guard !isTooSlow, pace.isTooSlow(received, in: waited) else { return chunk }
            isTooSlow = true
            throw APIError.slowBody
        }
        isFinished = true
        if let declaredLength, received < declaredLength { throw APIError.incompleteBody }
        return nil
    }

    /// What becomes of the connection is the client's doing, not a defect.
    @concurrent
    private func nextPart() async throws -> ByteBuffer? {
        do {
            return try await iterator.next()
        } catch let error where !(error is HTTPParserError || error is CancellationError) {
            throw APIError.incompleteBody
        }
    }

    /// The whole body.
    ///
    /// - Throws: 413 before anything is read when the declared length is above `limit`, else at the byte too much.
    func collect(upTo limit: Int) async throws -> [UInt8] {
        guard (declaredLength ?? 0) <= limit else { throw APIError.tooLarge("The body", limit: limit) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(declaredLength ?? 0)
        while let chunk = try await next() {
            guard bytes.count + chunk.readableBytes <= limit else { throw APIError.tooLarge("The body", limit: limit) }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        return bytes
    }
}
