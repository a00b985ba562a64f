import Glibc
import HTTPTypes
import HummingbirdCore
import NIOCore
import Penstock

/// Whether a connection serves another request.
enum ConnectionFate {
    /// A rest this small is read to the end rather than closed upon.
    private static let smallRest = 64 << 10
    /// What is still read of a refused body, so that the client gets to see the answer rather than a reset.
    private static let lingerBytes = 1 << 20
    private static let lingerTime = TimeAmount.seconds(2)

    /// True when the client asked for it, or when the body was not read and is not small: reading it to its end could
    /// take for ever.
    static func closes(after request: Request, body: BodyReader) -> Bool {
        if request.headers[.connection]?.lowercased().contains("close") == true { return true }
        guard !body.isFinished else { return false }
        if body.isTooSlow { return true }
        // The client may or may not send the body now: what comes next cannot be told apart.
        if body.isHeldBack { return true }
        guard let length = body.declaredLength else { return true }
        return length - body.received > smallRest
    }

    /// `TCP_ESTABLISHED`.
    private static let established: UInt8 = 1

    /// Whether the client is still there. The kernel knows first: the channel reads no further while a request is served.
    static func isClientThere(_ channel: any Channel) async -> Bool {
        guard let socket = channel as? any SocketOptionProvider else { return false }
        do {
            return try await socket.getTCPInfo().get().tcpi_state == established
        } catch {
            return false  // a closed socket tells nothing
        }
    }

    /// Reads what is left of a body that was not read. Else it would be read as slowly as its client likes.
    static func readRest(of body: BodyReader, on channel: any Channel, within time: Duration) async {
        guard !body.isFinished else { return }
        let end = channel.eventLoop.scheduleTask(in: .milliseconds(time.wholeMilliseconds)) {
            channel.close(promise: nil)
        }
        defer { end.cancel() }
        // Whatever fails leaves the body unfinished.
        try? await body.discard(upTo: smallRest + 1)
        if !body.isFinished { channel.close(promise: nil) }
    }

    /// Says that nothing more will come, once the answer is on its way, reads on for a moment, then closes.
    static func close(_ channel: any Channel, discarding body: BodyReader) async {
        // Whatever fails here means that the client is gone, and the connection is closed anyway.
        try? await channel.close(mode: .output).get()
        let end = channel.eventLoop.scheduleTask(in: lingerTime) { channel.close(promise: nil) }
        try? await body.discard(upTo: lingerBytes)
        end.cancel()
        channel.close(promise: nil)
    }
}

extension BodyReader {
    fileprivate func discard(upTo limit: Int) async throws {
        let start = received
        while received - start < limit, try await next() != nil {}
    }
}
