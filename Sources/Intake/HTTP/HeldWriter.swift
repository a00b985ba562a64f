import HTTPTypes
import HummingbirdCore

/// Keeps a response writer until the answer is known, so that `100 Continue` can go out before it.
///
/// Unchecked: only the task that handles the request touches it, one step after the other.
final class HeldWriter: @unchecked Sendable {
    private var writer: ResponseWriter?

    init(_ writer: consuming ResponseWriter) {
        self.writer = consume writer
    }

    /// Asks the client for the body it holds back.
    func writeContinue() async throws {
        guard let writer = writer.take() else { return }
        do {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        } catch {
            self.writer = consume writer
            throw error
        }
        self.writer = consume writer
    }

    /// Writes the answer, once.
    func write(_ response: Response) async throws {
        guard let writer = writer.take() else { return }
        try await writer.write(response: response.head, body: response.body)
    }
}
