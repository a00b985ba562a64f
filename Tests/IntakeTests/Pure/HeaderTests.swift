import HTTPTypes
import Penstock
import Testing

@testable import Intake

struct HeaderTests {
    @Test func findsTheKeyInEitherDialect() {
        #expect(Authentication.secret(in: [.authorization: "Bearer psk_1"]) == "psk_1")
        #expect(Authentication.secret(in: [.authorization: "bearer psk_1"]) == "psk_1")
        #expect(Authentication.secret(in: [.apiKey: "psk_2"]) == "psk_2")
        #expect(Authentication.secret(in: [.authorization: "Basic psk_1"]) == nil)
        #expect(Authentication.secret(in: [.authorization: "Bearer"]) == nil)
        #expect(Authentication.secret(in: [:]) == nil)
    }

    @Test func sha256() {
        #expect(
            hexadecimalSHA256("abc".utf8) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
    }

    @Test func hintsStaySmall() throws {
        for error: any Error in [QueueFull(""), QueueUnavailable(""), LedgerUnavailable(""), CancellationError()] {
            let mapped = try #require(APIError(mapping: error))
            #expect(mapped.status == .serviceUnavailable)
            #expect(mapped.type == "server_error")
            #expect((1...60).contains(mapped.retryAfter ?? 0))
        }
    }
}
