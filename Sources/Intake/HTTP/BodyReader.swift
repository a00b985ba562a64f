import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1
import Penstock

/// The body of one request, read at most once.
///
/// It asks a client that holds its body back (`Expect: 100-continue`) for it with the first read, so a request that is
/// refused by its head alone is never sent.
///
/// Unchecked: only the task that handles the request touches it, one step after the other.
final class BodyReader: @unchecked Sendable {
    /// In such steps a body of unknown length is counted.
    private static let step = 1 << 20

    /// The length that the head declares; nil for a chunked body.
    let declaredLength: Int?
    /// Bytes read so far.
    private(set) var received = 0
    private(set) var isFinished: Bool
    /// The client waits for `100 Continue`.
    private(set) var isHeldBack: Bool
    /// Whose bytes they are; nil while nobody is known, to whom nothing is read.
    var tenant: TenantID?
    /// It came so slowly that it was given up.
    private(set) var isTooSlow = false
    /// How long the client was waited for.
    private var waited = Duration.zero
    private let pace: BodyPace
    private var iterator: RequestBody.AsyncIterator
    private let writer: HeldWriter
    private let budget: ByteBudget
    /// Counted for as long as the request is served.
    private var holdings: [ByteBudget.Holding] = []

    init(of request: Request, pace: BodyPace, writer: HeldWriter, budget: ByteBudget) {
        let length = request.headers[.contentLength].flatMap { Int($0) }
        let isChunked = request.headers[.transferEncoding] != nil
        declaredLength = isChunked ? nil : length ?? 0
        isFinished = declaredLength == 0
        isHeldBack = !isFinished && request.headers[.expect]?.lowercased() == "100-continue"
        iterator = request.body.makeAsyncIterator()
        self.pace = pace
        self.writer = writer
        self.budget = budget
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
    /// - Throws: 413 before anything is read when the declared length is above `limit`, else at the byte too much; 429
    ///   or 503 when too much is being received and sent already.
    func collect(upTo limit: Int) async throws -> [UInt8] {
        guard (declaredLength ?? 0) <= limit else { throw APIError.tooLarge("The body", limit: limit) }
        var counted = declaredLength ?? ByteBudget.uncounted
        try hold(counted)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(declaredLength ?? 0)
        while let chunk = try await next() {
            guard bytes.count + chunk.readableBytes <= limit else { throw APIError.tooLarge("The body", limit: limit) }
            while bytes.count + chunk.readableBytes > counted {
                try hold(Self.step)
                counted += Self.step
            }
            bytes.append(contentsOf: chunk.readableBytesView)
        }
        return bytes
    }

    /// Counts what is held of a body that is passed on piece by piece.
    ///
    /// - Parameter most: bytes of it that are held at once.
    /// - Throws: 429 or 503.
    func holdPiece(of most: Int) throws { try hold(min(declaredLength ?? most, most)) }

    private func hold(_ bytes: Int) throws {
        guard let tenant, let holding = try budget.take(bytes, for: tenant) else { return }
        holdings.append(holding)
    }
}
