import Dispatch
import Glibc
import JSON

/// One TCP connection that speaks just enough HTTP. Its calls block: use it inside `blocking`.
final class RawClient {
    enum Failure: Error, Equatable {
        /// The other side closed before a whole answer was there.
        case closed
        /// The other side reset the connection.
        case reset
        case timedOut
        case system(CInt)
    }

    /// An answer, with header names in lower case.
    struct Answer {
        var status: Int
        var headers: [String: String]
        var body: [UInt8]

        func json() throws -> JSONValue { try JSONDocument(parsing: body).root }
    }

    private let descriptor: CInt
    private var received: [UInt8] = []

    init(port: Int, timeoutSeconds: Int = 20) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system(errno) }
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Failure.system(errno) }
    }

    deinit { close(descriptor) }

    func ask(
        _ method: String,
        _ path: String,
        key: String? = nil,
        headers: [String: String] = [:],
        body: [UInt8] = []
    ) throws -> Answer {
        try send(method, path, key: key, headers: headers, body: body)
        return try receive()
    }

    func send(
        _ method: String,
        _ path: String,
        key: String? = nil,
        headers: [String: String] = [:],
        body: [UInt8] = []
    ) throws {
        let authorization =
            (key.map { "Authorization: Bearer \($0)\r\n" } ?? "") + headers.map { "\($0): \($1)\r\n" }.joined()
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(authorization)Content-Length: \(body.count)\r\n\r\n"
        var rest = (Array(head.utf8) + body)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure.system(errno) }
            rest = rest.dropFirst(count)
        }
    }

    func receive() throws -> Answer {
        let separator = Array("\r\n\r\n".utf8)
        var headEnd = Self.index(of: separator, in: received)
        while headEnd == nil {
            try receiveMore()
            headEnd = Self.index(of: separator, in: received)
        }
        let end = headEnd ?? 0
        var answer = Self.head(String(decoding: received[..<end], as: UTF8.self))
        let length = answer.headers["content-length"].flatMap { Int($0) } ?? 0
        while received.count < end + 4 + length { try receiveMore() }
        answer.body = Array(received[(end + 4)..<(end + 4 + length)])
        received.removeFirst(end + 4 + length)
        return answer
    }

    private func receiveMore() throws {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count != 0 else { throw Failure.closed }
        guard count > 0 else {
            throw errno == ECONNRESET ? .reset : errno == EAGAIN ? .timedOut : Failure.system(errno)
        }
        received += buffer.prefix(count)
    }

    private static func head(_ text: String) -> Answer {
        let lines = text.split(separator: "\r\n")
        let status = lines[0].split(separator: " ")[1]
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return Answer(status: Int(status) ?? 0, headers: headers, body: [])
    }

    private static func index(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (0...(bytes.count - pattern.count)).first { bytes[$0...].starts(with: pattern) }
    }
}

/// Runs what blocks where it holds up no task.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        // A queue of its own gets a thread at once; the global ones grow only slowly when their threads block.
        DispatchQueue(label: "blocking").async { continuation.resume(with: Result { try body() }) }
    }
}
