import HTTPTypes
import HummingbirdCore
import NIOCore
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
    private var iterator: RequestBody.AsyncIterator
    private let writer: HeldWriter
    private let budget: ByteBudget
    /// Counted for as long as the request is served.
    private var holdings: [ByteBudget.Holding] = []

    init(of request: Request, writer: HeldWriter, budget: ByteBudget) {
        let length = request.headers[.contentLength].flatMap { Int($0) }
        let isChunked = request.headers[.transferEncoding] != nil
        declaredLength = isChunked ? nil : length ?? 0
        isFinished = declaredLength == 0
        isHeldBack = !isFinished && request.headers[.expect]?.lowercased() == "100-continue"
        iterator = request.body.makeAsyncIterator()
        self.writer = writer
        self.budget = budget
    }

    /// The next bytes; nil at the end.
    ///
    /// - Throws: `APIError.incompleteBody` when the client went away in between.
    @concurrent
    func next() async throws -> ByteBuffer? {
        guard !isFinished else { return nil }
        if isHeldBack {
            isHeldBack = false
            try await writer.writeContinue()
        }
        if let chunk = try await chunk() {
            received += chunk.readableBytes
            return chunk
        }
        isFinished = true
        if let declaredLength, received < declaredLength { throw APIError.incompleteBody }
        return nil
    }

    /// A client that resets its connection has broken its body off, like one that closes it: no fault of ours.
    @concurrent
    private func chunk() async throws -> ByteBuffer? {
        do {
            return try await iterator.next()
        } catch is IOError {
            throw APIError.incompleteBody
        } catch is ChannelError {
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
