import Foundation
import Glibc
import Synchronization

/// A blocking HTTP/1.1 server on 127.0.0.1 with a thread for each connection.
final class TestServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let accepts = Atomic<Int>(0)

    /// How many connections were accepted.
    var acceptCount: Int { accepts.load(ordering: .relaxed) }

    init(_ serve: @escaping @Sendable (TestConnection) -> Void) throws {
        let (listener, port) = try Loopback.listen()
        self.listener = listener
        self.port = port
        Thread.detachNewThread { [self] in
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                let number = accepts.add(1, ordering: .relaxed).newValue
                Thread.detachNewThread { serve(TestConnection(descriptor: descriptor, number: number)) }
            }
        }
    }

    /// Stops accepting.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    func url(_ path: String = "/") -> String {
        "http://127.0.0.1:\(port)\(path)"
    }

    /// Answers each request of each connection with `answer`.
    static func answering(
        _ answer: @escaping @Sendable (TestConnection, ReceivedRequest) -> Void
    ) throws -> TestServer {
        try TestServer { connection in
            while let request = connection.readRequest() { answer(connection, request) }
        }
    }
}

/// Sockets on 127.0.0.1.
enum Loopback {
    struct Failure: Error {
        let call: String
        let errno: Int32
    }

    /// A listening socket on a free port.
    static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && Glibc.listen(descriptor, 1024) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard bound else { throw Failure(call: "listen", errno: errno) }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// A port on which nothing listens.
    static func freePort() throws -> UInt16 {
        let (descriptor, port) = try listen()
        close(descriptor)
        return port
    }
}
