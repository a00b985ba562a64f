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
        let data: [UInt8]
        let isLast: Bool
    }

    /// Counts the stream for as long as it is open.
    private let place: TenantPlaces.Place
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
        attendance = context.exchange.attendance
        self.lastID = lastID
        self.look = look
    }

    /// - Throws: what the first look throws, such as 404.
    func response() async throws -> Response {
        let first = try await look()
        // A browser comes back for ever unless it is told that there is nothing more.
        if first.isLast, first.id == lastID { return Response(status: .noContent) }
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        let body = ResponseBody { [self] writer in
            var event = first
            var told = lastID
            var lastWrite = ContinuousClock.now
            while true {
                if event.id != told {
                    try await writer.write(Self.text(of: event))
                    told = event.id
                    lastWrite = .now
                } else if lastWrite.duration(to: .now) >= Self.heartbeat {
                    try await writer.write(ByteBuffer(string: ": still here\n\n"))
                    lastWrite = .now
                }
                // Whoever comes back to another server goes on where this one stopped.
                if event.isLast || attendance.isOver { break }
                try await attendance.wait { try await Task.sleep(for: Self.pause) }
                guard try await attendance.isKeyGood() else { break }
                event = try await look()
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    private static func text(of event: Event) -> ByteBuffer {
        var buffer = ByteBuffer(string: "id: \(event.id)\nevent: \(event.name)\ndata: ")
        buffer.writeBytes(event.data)
        buffer.writeString("\n\n")
        return buffer
    }
}
