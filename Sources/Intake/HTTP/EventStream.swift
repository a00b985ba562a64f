import HTTPTypes
import Hummingbird
import NIOCore
import Penstock

/// Server-sent events about one thing: what it is now, then again whenever it has changed, until its end, that of its caller's
/// key or of the connection.
///
/// An event's id is made of what it tells. Whoever comes back with `Last-Event-ID` is told at once what has changed
/// since, and nothing that it knows already; no server keeps anything for that.
struct EventStream: Sendable {
    /// A comment this often keeps proxies from closing a silent connection.
    private static let heartbeat = Duration.seconds(15)
    private static let pause = Duration.seconds(1)

    struct Event: Sendable {
        /// Two events with one id say the same.
        let id: String
        let name: String
        /// JSON without line breaks.
        var data: [UInt8]
        let isLast: Bool
    }

    /// Counts the stream for as long as it is open.
    private let place: TenantPlaces.Place
    private let budget: ByteBudget
    private let tenant: TenantID
    private let attendance: Attendance
    /// The id of the last event that the caller got.
    private let lastID: String?
    /// Looks at the thing; may wait a moment for news.
    private let look: @Sendable () async throws -> Event

    /// - Throws: 429 when the tenant has too many open already.
    init(
        _ places: TenantPlaces,
        for context: AuthenticatedContext,
        lastID: String?,
        look: @escaping @Sendable () async throws -> Event
    ) throws {
        place = try places.take(for: context.tenant)
        budget = context.exchange.budget
        tenant = context.tenant
        attendance = context.exchange.attendance
        context.exchange.streamsAnswer()
        self.lastID = lastID
        self.look = look
    }

    /// - Throws: what the first look throws, such as 404; 429 or 503 when too much is being sent already.
    func response() async throws -> Response {
        let first = try await look()
        // A browser comes back for ever unless it is told that there is nothing more.
        if first.isLast, first.id == lastID { return Response(status: .noContent) }
        let holding = try budget.take(first.data.count, for: tenant)
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        let body = ResponseBody { [self] writer in
            var event = first
            var told = lastID
            var lastWrite = ContinuousClock.now
            var room: Room? = Room(holding: holding)
            while true {
                if event.id != told, room != nil {
                    try await writer.write(Self.text(of: event))
                    told = event.id
                    lastWrite = .now
                } else if lastWrite.duration(to: .now) >= Self.heartbeat {
                    try await writer.write(ByteBuffer(string: ": still here\n\n"))
                    lastWrite = .now
                }
                // Whoever comes back to another server goes on where this one stopped.
                if event.isLast && event.id == told || attendance.isOver { break }
                // Nothing large is kept meanwhile.
                event.data = []
                room = nil
                try await attendance.wait { try await Task.sleep(for: Self.pause) }
                guard try await attendance.isKeyGood() else { break }
                event = try await look()
                room = makeRoom(for: event)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    private struct Room {
        /// Nil for an event that is too small to be counted.
        let holding: ByteBudget.Holding?
    }

    /// - Returns: nil while there is none: the event is told at a later look.
    private func makeRoom(for event: Event) -> Room? {
        do {
            return Room(holding: try budget.take(event.data.count, for: tenant))
        } catch {
            return nil
        }
    }

    private static func text(of event: Event) -> ByteBuffer {
        var buffer = ByteBuffer(string: "id: \(event.id)\nevent: \(event.name)\ndata: ")
        buffer.writeBytes(event.data)
        buffer.writeString("\n\n")
        return buffer
    }
}
