import JSON
import Penstock
import Testing

@testable import Providers

/// Providers that echo our key in any way: it never leaves.
@Suite struct AccountWordsTests {
    private static let key = "sk-canary/9f8e7d6c"
    private static let mask = CredentialMask(Secret(key))

    private func target(_ key: String = key) -> Target {
        Target(
            name: "t",
            provider: "p",
            baseURL: "http://127.0.0.1",
            apiKey: Secret(key),
            model: nil,
            limitGroups: [],
            maxConcurrency: nil,
            timeout: .seconds(1),
            price: nil
        )
    }

    private func outcome(
        _ status: Int,
        _ body: String,
        requestID: String = "req-1",
        on endpoint: Endpoint = .chatCompletions
    ) -> CallOutcome {
        let answer = AnswerReader.read(status: status, body: Array(body.utf8), at: Sample.now) { name in
            name == "x-request-id" ? requestID : nil
        }
        return CallReport(answer).fit(forCallersOf: endpoint, at: target()).outcome
    }

    private func failure(_ status: Int, _ body: String, on endpoint: Endpoint = .chatCompletions) throws -> CallFailure
    {
        guard case .failed(let failure) = outcome(status, body, on: endpoint) else { throw NoFailure() }
        return failure
    }

    private struct NoFailure: Error {}

    @Test(arguments: [200, 400, 401, 403, 404, 413, 422, 429, 500, 503, 529])
    func theKeyIsNowhereInAnOutcome(_ status: Int) {
        for text in [
            Self.key, #"sk-canary\/9f8e7d6c"#, #"sk\u002dcanary/9f8e7d6c"#, #"\u0073k-canary\u002F9f8e7d6c"#,
        ] {
            for body in [
                #"{"error":{"message":"key \#(text) is bad"},"x":["\#(text)\#(text)"]}"#, "<p>\(Self.key)</p>",
            ] {
                let shown = "\(outcome(status, body, requestID: "r \(Self.key)"))"
                guard case .failed(let failure) = outcome(status, body) else {
                    if case .succeeded(let response, _) = outcome(status, body) {
                        #expect(Self.mask?.masking(response.body) == nil)
                    }
                    continue
                }
                #expect(!shown.contains(Self.key))
                #expect(failure.response.map { Self.mask?.masking($0.body) == nil } ?? true)
                #expect(!failure.error.message.contains("canary"))
            }
        }
    }

    @Test func whatIsNotTheKeyStaysByteForByte() throws {
        let body = #"{"a":"sk-canary/9f8e7d6","b":"sk-canary\u002f9f8e7d6c!","c":"é\\"}"#
        guard case .succeeded(let response, _) = outcome(200, body) else { throw NoFailure() }
        #expect(String(decoding: response.body, as: UTF8.self) == #"{"a":"sk-canary/9f8e7d6","b":"***!","c":"é\\"}"#)
        #expect(CredentialMask(Secret("short")) == nil && CredentialMask(nil) == nil)
    }

    @Test(arguments: [
        (401, #"{"error":{"message":"Incorrect API key provided: sk-can*****7d6c. org-42","code":"invalid_api_key"}}"#),
        (403, #"{"error":{"message":"Project proj_42 has no access"}}"#),
        (400, #"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"X"}}"#),
        (400, #"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: sk-c***6c."}"#),
        (400, #"{"error":{"message":"cannot use sk-canary/9f8e7d6c here"}}"#),
        (401, "<html>sk-can…</html>"),
    ])
    func aRefusedCredentialIsToldInOurWords(_ status: Int, _ body: String) throws {
        let failure = try failure(status, body)
        #expect(failure.error.errorClass == .providerAuthFailed)
        #expect(failure.error.message.hasPrefix("The provider refused the credential"))
        let response = try #require(failure.response)
        let error = try #require(try JSONDocument(parsing: response.body).root["error"])
        #expect(error["message"]?.string == failure.error.message && error["code"]?.string == "provider_auth_failed")
        #expect(response.statusCode == status)
    }

    @Test(arguments: [
        (429, #"{"error":{"message":"Request too large for x in organization org-42: Limit 1"}}"#),
        (403, #"{"error":{"message":"Project proj-42 does not have it","code":"model_not_found"}}"#),
        (402, #"{"error":{"message":"org-42 has to pay"}}"#),
    ])
    func accountsAreNotNamed(_ status: Int, _ said: String) throws {
        let failure = try failure(status, said)
        let kept = ErrorReader.classify(status: status, body: try JSONDocument(parsing: Array(said.utf8)).root)
        #expect(failure.error.errorClass == kept.errorClass)
        #expect(!failure.error.message.contains("-42"))
        let body = try #require(failure.response).body
        #expect(!String(decoding: body, as: UTF8.self).contains("-42"))
    }

    @Test func aRequestsFaultStaysInTheProvidersWords() throws {
        let body = #"{"error":{"message":"Invalid value: 'incorrect api key'. Supported are: a."}}"#
        let failure = try failure(400, body)
        #expect(
            failure.error == JobError(.callerInvalidRequest, "Invalid value: 'incorrect api key'. Supported are: a.")
        )
        #expect(failure.response?.body == Array(body.utf8))
    }

    @Test func messagesGetTheirOwnEnvelope() throws {
        let body = #"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#
        let failure = try failure(401, body, on: .messages)
        let root = try JSONDocument(parsing: try #require(failure.response).body).root
        #expect(root["type"]?.string == "error" && root["error"]?["type"]?.string == "api_error")
    }
}
