import Fetch
import Logging
import Penstock
import Synchronization
import TestSupport
import Testing

@testable import Webhooks

/// The sender against real sockets.
@Suite(.timeLimit(.minutes(1)))
struct SenderTests {
    private static let secret = Secret("whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c=")
    private static let now = Timestamp(milliseconds: 1_750_861_210_999)

    private static func sender(timeout: Duration = .seconds(10), open: Bool = true, http: Bool = true) throws
        -> FetchWebhookSender
    {
        try FetchWebhookSender(
            timeout: timeout,
            allowsHTTP: http,
            allowsPrivateAddresses: open,
            maxConnections: 8,
            userAgent: "Penstock-Webhooks/test",
            logger: Logger(label: "test")
        )
    }

    private static func answer(of sender: FetchWebhookSender, _ url: String, body: String = "{}") async
        -> WebhookAnswer
    {
        await sender.send(Array(body.utf8), id: "wh_1", to: url, signedWith: [secret], at: now)
    }

    @Test func aWebhookIsOneSignedPost() async throws {
        let seen = Mutex<[ReceivedRequest]>([])
        let server = try TestServer.answering { connection, request in
            seen.withLock { $0.append(request) }
            connection.respond(204)
        }
        defer { server.stop() }
        let answer = await Self.answer(of: try Self.sender(), server.url("/hook?k=v"), body: #"{"a":1}"#)
        #expect(answer == WebhookAnswer(status: 204))
        let request = try #require(seen.withLock { $0 }.first)
        #expect(request.method == "POST" && request.target == "/hook?k=v")
        #expect(request.body == Array(#"{"a":1}"#.utf8))
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["user-agent"] == "Penstock-Webhooks/test")
        #expect(request.headers["webhook-id"] == "wh_1")
        #expect(request.headers["webhook-timestamp"] == "1750861210")
        let signature = WebhookSignature.header(
            id: "wh_1",
            timestamp: 1_750_861_210,
            body: request.body,
            secrets: [Self.secret]
        )
        #expect(request.headers["webhook-signature"] == signature)
    }

    @Test(arguments: [200, 299, 301, 302, 307, 308, 400, 410, 500, 503])
    func everyStatusIsAnAnswer(_ status: Int) async throws {
        let elsewhere = try TestServer.answering { connection, _ in connection.respond(200) }
        let server = try TestServer.answering { connection, _ in
            connection.respond(status, headers: "Location: \(elsewhere.url())\r\n")
        }
        defer {
            server.stop()
            elsewhere.stop()
        }
        #expect(await Self.answer(of: try Self.sender(), server.url()) == WebhookAnswer(status: status))
        // A redirect is never followed.
        #expect(elsewhere.acceptCount == 0)
    }

    @Test func retryAfterIsHanded() async throws {
        let server = try TestServer.answering { connection, _ in
            connection.respond(429, headers: "Retry-After: 7\r\n")
        }
        defer { server.stop() }
        let answer = await Self.answer(of: try Self.sender(), server.url())
        #expect(answer == WebhookAnswer(status: 429, retryAfter: .seconds(7)))
    }

    /// The status counts, whatever follows it; and the connection serves the next webhook when the body was short.
    @Test func bodiesAreThrownAway() async throws {
        let server = try TestServer { connection in
            while let request = connection.readRequest() {
                switch request.target {
                case "/short": connection.respond(200, text: "thanks")
                case "/long": connection.respond(200, body: [UInt8](repeating: 65, count: 4 << 20))
                default:
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbroken")
                    return
                }
            }
        }
        defer { server.stop() }
        let sender = try Self.sender()
        for _ in 0..<3 { #expect(await Self.answer(of: sender, server.url("/short")).status == 200) }
        #expect(server.acceptCount == 1)
        #expect(await Self.answer(of: sender, server.url("/long")).status == 200)
        #expect(await Self.answer(of: sender, server.url("/broken")).status == 200)
    }

    @Test func whatDoesNotAnswerIsGivenUpInTime() async throws {
        let server = try TestServer { connection in connection.waitForEnd() }
        defer { server.stop() }
        let answer = await Self.answer(of: try Self.sender(timeout: .milliseconds(200)), server.url())
        #expect(answer == WebhookAnswer(status: nil, failure: "the receiver did not answer in time"))
    }

    @Test func aDeadPortIsAFailure() async throws {
        let url = "http://127.0.0.1:\(try Loopback.freePort())/secret?token=1"
        let answer = await Self.answer(of: try Self.sender(), url)
        #expect(answer == WebhookAnswer(status: nil, failure: "the receiver takes no connection"))
    }

    /// By number, by every spelling that libcurl takes for one, by name, and mapped.
    @Test(arguments: ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "0.0.0.0", "[::ffff:127.0.0.1]"])
    func privateAddressesAreRefusedWhenConnecting(_ host: String) async throws {
        let server = try TestServer.answering { connection, _ in connection.respond(200) }
        defer { server.stop() }
        let answer = await Self.answer(of: try Self.sender(open: false), "http://\(host):\(server.port)/")
        #expect(answer.status == nil)
        #expect(answer.failure == "the receiver's address is private or reserved", "\(host)")
        #expect(server.acceptCount == 0)
    }

    @Test func thePolicyHoldsAlsoForWhatWasRegisteredUnderAnother() async throws {
        let server = try TestServer.answering { connection, _ in connection.respond(200) }
        defer { server.stop() }
        let sender = try Self.sender(http: false)
        #expect(await Self.answer(of: sender, server.url()).failure == "the URL is not allowed")
        #expect(await Self.answer(of: sender, "ftp://127.0.0.1/").failure == "the URL is not allowed")
        #expect(server.acceptCount == 0)
    }

    @Test func aCancelledAttemptEndsAtOnce() async throws {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let server = try TestServer { connection in
            _ = connection.readRequest()
            start.yield()
            connection.waitForEnd()
        }
        defer { server.stop() }
        let sender = try Self.sender()
        let attempt = Task { await Self.answer(of: sender, server.url()) }
        _ = await started.first { _ in true }
        attempt.cancel()
        #expect(await attempt.value == WebhookAnswer(status: nil, failure: "the attempt was broken off"))
        await sender.shutdown()
    }
}
