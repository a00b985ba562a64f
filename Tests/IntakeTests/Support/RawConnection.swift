import Dispatch
import Glibc
import JSON

/// One TCP connection on which a test sees every byte. Calls block, so they run outside the tasks' threads.
final class RawConnection: Sendable {
    enum Failure: Error, Equatable {
        case closed
        case reset
        case timedOut
        case system(CInt)
    }

    private let descriptor: CInt
    private let queue = DispatchQueue(label: "raw connection")
    /// Touched on `queue` only.
    private nonisolated(unsafe) var received: [UInt8] = []

    /// - Parameter receiveBuffer: bytes the kernel keeps for us; small, to let the other side feel it.
    init(port: Int, timeoutSeconds: Int = 20, receiveBuffer: CInt? = nil) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system(errno) }
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<CInt>.size))
        }
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

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await onQueue { [descriptor] in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw Failure.system(errno) }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Lets the connection end with a reset instead of a farewell, once it is let go of.
    func willReset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    /// Says that nothing more will be sent.
    func finishSending() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// Makes the end of this object a reset rather than an orderly close.
    func resetAtEnd() {
        var abrupt = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &abrupt, socklen_t(MemoryLayout<linger>.size))
    }

    /// The next answer, an informational one included; the body decoded.
    func receive(isHead: Bool = false) async throws -> RawAnswer {
        try await onQueue { [self] in
            var answer = try RawAnswer(head: try take(until: Array("\r\n\r\n".utf8)))
            guard !isHead, answer.status >= 200 else { return answer }
            if answer.headers["transfer-encoding"] == "chunked" {
                answer.body = try takeChunks()
            } else {
                answer.body = try take(count: answer.headers["content-length"].flatMap { Int($0) } ?? 0)
            }
            return answer
        }
    }

    /// Bytes received before the other side closes; reading is given up after `limit` bytes.
    func bytesUntilClosed(limit: Int = 1 << 20) async throws -> Int {
        try await onQueue { [self] in
            do {
                while received.count < limit { try receiveMore() }
            } catch Failure.closed {}
            return received.count
        }
    }

    private func takeChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let size = Int(String(decoding: try take(until: [13, 10]), as: UTF8.self), radix: 16) ?? 0
            body += try take(count: size)
            _ = try take(count: 2)
            if size == 0 { return body }
        }
    }

    private func take(until end: [UInt8]) throws -> [UInt8] {
        var searched = 0
        while true {
            while searched + end.count <= received.count {
                if received[searched...].starts(with: end) {
                    let found = Array(received[..<searched])
                    received.removeFirst(searched + end.count)
                    return found
                }
                searched += 1
            }
            try receiveMore()
        }
    }

    private func take(count: Int) throws -> [UInt8] {
        while received.count < count { try receiveMore() }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    private func receiveMore() throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count != 0 else { throw Failure.closed }
        guard count > 0 else {
            throw errno == ECONNRESET ? .reset : errno == EAGAIN ? .timedOut : Failure.system(errno)
        }
        received += buffer.prefix(count)
    }

    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// An answer, with header names in lower case.
struct RawAnswer: Sendable {
    var status: Int
    var headers: [String: String] = [:]
    var body: [UInt8] = []

    init(head: [UInt8]) throws {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first?.split(separator: " "), first.count >= 2, let status = Int(first[1]) else {
            throw RawConnection.Failure.closed
        }
        self.status = status
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    func json() throws -> JSONValue { try JSONDocument(parsing: body).root }

    /// The parts of OpenAI's error envelope.
    func error() throws -> (type: String?, code: String?, param: String?) {
        let error = try json()["error"]
        return (error?["type"]?.string, error?["code"]?.string, error?["param"]?.string)
    }
}
