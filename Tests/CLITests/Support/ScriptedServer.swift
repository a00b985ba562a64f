import Glibc
import Synchronization

/// One request as it came over the socket.
struct SeenRequest: Sendable {
    let method: String
    /// Path and query.
    let target: String
    let headers: [String: String]
    let body: String

    var path: String { String(target.prefix { $0 != "?" }) }
}

/// What the script answers.
struct Reply: Sendable {
    var status = 200
    var headers: [(String, String)] = [("Content-Type", "application/json")]
    var body: String
    /// Sent instead of the body's true length, to break the exchange.
    var claimedLength: Int?

    static func json(_ body: String, status: Int = 200, headers: [(String, String)] = []) -> Reply {
        Reply(status: status, headers: [("Content-Type", "application/json")] + headers, body: body)
    }

    static func error(_ status: Int, code: String, message: String, headers: [(String, String)] = []) -> Reply {
        json(
            #"{"error":{"message":"\#(message)","type":"x","param":null,"code":"\#(code)"}}"#,
            status: status,
            headers: [("x-request-id", "req_test")] + headers
        )
    }
}

/// A server on a free port of 127.0.0.1 that answers one request per connection from a script.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (SeenRequest, _ number: Int) -> Reply

    let port: UInt16
    private let listener: Int32
    private let script: Script
    private let seen = Mutex<[SeenRequest]>([])
    private let thread = Mutex<pthread_t?>(nil)

    private init(script: @escaping Script) throws {
        self.script = script
        (listener, port) = try Self.listen()
    }

    /// Serves while `body` runs.
    static func run<Result>(_ script: @escaping Script, _ body: (ScriptedServer) async throws -> Result) async throws
        -> Result
    {
        let server = try ScriptedServer(script: script)
        server.start()
        defer { server.stop() }
        return try await body(server)
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [SeenRequest] { seen.withLock { $0 } }

    private static func listen() throws -> (Int32, UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return bind(descriptor, pointer, length) == 0 && Glibc.listen(descriptor, 16) == 0
                && getsockname(descriptor, pointer, &length) == 0
        }
        guard isBound else { throw SocketFailure(code: errno) }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    private func start() {
        let this = Unmanaged.passRetained(self).toOpaque()
        thread.withLock { thread in
            var created = pthread_t()
            pthread_create(
                &created,
                nil,
                { context in
                    Unmanaged<ScriptedServer>.fromOpaque(context!).takeRetainedValue().serve()
                    return nil
                },
                this
            )
            thread = created
        }
    }

    private func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        if let thread = thread.withLock({ $0 }) { pthread_join(thread, nil) }
        close(listener)
    }

    private func serve() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            if let request = read(from: connection) {
                let number = seen.withLock { seen in
                    seen.append(request)
                    return seen.count
                }
                send(script(request, number), to: connection)
            }
            close(connection)
        }
    }

    private func read(from connection: Int32) -> SeenRequest? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if let request = Self.parse(bytes) { return request }
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
    }

    private static func parse(_ bytes: [UInt8]) -> SeenRequest? {
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: "\r\n\r\n".utf8) }) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].drop { $0 == " " }) : ""
        }
        let body = bytes[(end + 4)...]
        guard body.count >= headers["content-length"].flatMap({ Int($0) }) ?? 0 else { return nil }
        let start = lines[0].split(separator: " ").map(String.init)
        return SeenRequest(
            method: start[0],
            target: start[1],
            headers: headers,
            body: String(decoding: body, as: UTF8.self)
        )
    }

    private func send(_ reply: Reply, to connection: Int32) {
        let length = reply.claimedLength ?? reply.body.utf8.count
        var head = "HTTP/1.1 \(reply.status) X\r\nContent-Length: \(length)\r\nConnection: close\r\n"
        for (name, value) in reply.headers { head += "\(name): \(value)\r\n" }
        var rest = Array((head + "\r\n" + reply.body).utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

struct SocketFailure: Error {
    let code: Int32
}
