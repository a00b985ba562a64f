import Glibc

/// A request as a test server read it.
package struct ReceivedRequest: Sendable {
    package let method: String
    package let target: String
    /// Lower-case names.
    package let headers: [String: String]
    package let body: [UInt8]
}

/// The server's side of one TCP connection; blocking, used by one thread.
package final class TestConnection {
    /// From 1, in the order of acceptance.
    package let number: Int
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(descriptor: Int32, number: Int) {
        self.descriptor = descriptor
        self.number = number
    }

    deinit {
        close(descriptor)
    }

    /// The next request with its whole body; nil at the end of the connection.
    package func readRequest() -> ReceivedRequest? {
        var end = headEnd()
        while end == nil {
            guard fill() else { return nil }
            end = headEnd()
        }
        guard let end else { return nil }
        let lines = String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
        buffer.removeFirst(end)
        let start = lines[0].split(separator: " ").map(String.init)
        let headers = Dictionary(
            lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
                return (parts[0].lowercased(), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
            }
        ) { first, second in "\(first), \(second)" }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while buffer.count < length { guard fill() else { return nil } }
        let body = Array(buffer[..<length])
        buffer.removeFirst(length)
        return ReceivedRequest(method: start[0], target: start[1], headers: headers, body: body)
    }

    /// False once the peer is gone or the send limit of `limitSending` passed.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        sent(bytes) == bytes.count
    }

    @discardableResult
    package func send(_ text: String) -> Bool {
        send(Array(text.utf8))
    }

    /// How many of the bytes the kernel took.
    package func sent(_ bytes: [UInt8]) -> Int {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        return bytes.count - rest.count
    }

    package func respond(_ status: Int = 200, headers: String = "", body: [UInt8] = []) {
        send(Array("HTTP/1.1 \(status) X\r\nContent-Length: \(body.count)\r\n\(headers)\r\n".utf8) + body)
    }

    package func respond(_ status: Int = 200, headers: String = "", text: String) {
        respond(status, headers: headers, body: Array(text.utf8))
    }

    /// Blocks until the peer closes.
    package func waitForEnd() {
        while fill() { buffer = [] }
    }

    /// Small kernel buffers, and a send that finds no room for so long gives up.
    package func limitSending(milliseconds: Int) {
        var size: Int32 = 64 << 10
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private func fill() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        buffer += chunk[..<count]
        return true
    }

    private func headEnd() -> Int? {
        guard buffer.count >= 4 else { return nil }
        let end: [UInt8] = [13, 10, 13, 10]
        return (4...buffer.count).first { buffer[($0 - 4)..<$0].elementsEqual(end) }
    }
}
