import Foundation
import Glibc
import Synchronization

/// A blocking HTTP/1.1 server on 127.0.0.1 with a thread for each connection.
package final class TestServer: Sendable {
    package let port: UInt16
    private let listener: Int32
    private let accepts = Atomic<Int>(0)

    /// How many connections were accepted.
    package var acceptCount: Int { accepts.load(ordering: .relaxed) }

    package init(_ serve: @escaping @Sendable (TestConnection) -> Void) throws {
        let (listener, port) = try Loopback.listen()
        self.listener = listener
        self.port = port
        Thread.detachNewThread { [self] in
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else {
                    // Here and not in `stop`: the number could be another server's by the next `accept`.
                    close(listener)
                    return
                }
                let number = accepts.add(1, ordering: .relaxed).newValue
                Thread.detachNewThread { serve(TestConnection(descriptor: descriptor, number: number)) }
            }
        }
    }

    /// Stops accepting.
    package func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    package func url(_ path: String = "/") -> String {
        "http://127.0.0.1:\(port)\(path)"
    }

    /// Answers each request of each connection with `answer`.
    package static func answering(
        _ answer: @escaping @Sendable (TestConnection, ReceivedRequest) -> Void
    ) throws -> TestServer {
        try TestServer { connection in
            while let request = connection.readRequest() { answer(connection, request) }
        }
    }
}
