import Glibc
import Synchronization
import TestSupport

/// A provider of one connection at a time on 127.0.0.1, on a thread of its own: reads a request, then does what it is
/// told.
final class RawServer: Sendable {
    enum Reaction: Sendable {
        case answer(String)
        /// Sends this much, then closes the connection.
        case cut(after: String)
        /// Answers nothing until the peer goes away.
        case silence
    }

    let port: UInt16
    private let listener: Int32
    private let received = Mutex<[String]>([])
    private let reaction: Reaction

    init(_ reaction: Reaction) throws {
        self.reaction = reaction
        port = try Loopback.freePort()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let listener = listener
        let isListening = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && listen(listener, 8) == 0
            }
        }
        guard isListening else { throw TestSupportError("listen: error \(errno)") }
    }

    /// What was asked, head and body.
    var requests: [String] { received.withLock { $0 } }

    func start() {
        var thread = pthread_t()
        pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<RawServer>.fromOpaque(context).takeRetainedValue().serve()
                return nil
            },
            Unmanaged.passRetained(self).toOpaque()
        )
        pthread_detach(thread)
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func serve() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let request = read(connection)
            received.withLock { $0.append(request) }
            react(on: connection)
            close(connection)
        }
    }

    private func react(on connection: Int32) {
        switch reaction {
        case .answer(let text), .cut(let text):
            _ = send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL))
        case .silence:
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
        }
    }

    /// A request with its body, as far as Content-Length says.
    private func read(_ connection: Int32) -> String {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isComplete(text) {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            text += String(decoding: buffer.prefix(count), as: UTF8.self)
        }
        return text
    }

    private func isComplete(_ text: String) -> Bool {
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        guard text.contains("\r\n\r\n"), let end = lines.firstIndex(of: "") else { return false }
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
        let expected = length.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
        return lines[(end + 1)...].joined(separator: "\r\n").utf8.count >= expected
    }
}
