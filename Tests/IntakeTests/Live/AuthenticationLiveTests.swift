import JSON
import Penstock
import Telemetry
import TestTwins
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct AuthenticationLiveTests {
    @Test func keysAreAcceptedInBothDialects() async throws {
        try await TestIntake.run { intake in
            #expect(try await intake.ask("GET", "/v1/models").status == 200)
            let other = try await intake.ask("GET", "/v1/models", key: nil, headers: ["X-Api-Key: psk_acme"])
            #expect(other.status == 200)
            for key in [nil, "psk_wrong", ""] {
                let answer = try await intake.ask("GET", "/v1/models", key: key)
                #expect(answer.status == 401)
                #expect(try answer.error() == ("authentication_error", "invalid_api_key", nil))
                #expect(answer.headers["www-authenticate"] == "Bearer")
            }
        }
    }

    @Test func theLedgerIsAskedOnce() async throws {
        try await TestIntake.run(IntakeConfiguration(keyCacheSeconds: 60)) { intake in
            for _ in 0..<5 { _ = try await intake.ask("GET", "/v1/models") }
            for _ in 0..<5 { _ = try await intake.ask("GET", "/v1/models", key: "psk_wrong") }
            #expect(intake.ledger.edit { $0.apiKeyLookups } == 2)
        }
    }

    @Test func revokedKeysAreRefusedOnceTheCacheForgets() async throws {
        try await TestIntake.run(IntakeConfiguration(keyCacheSeconds: 0)) { intake in
            #expect(try await intake.ask("GET", "/v1/models").status == 200)
            _ = try await intake.ledger.revokeAPIKey("key_psk_acme", at: Surroundings.now)
            #expect(try await intake.ask("GET", "/v1/models").status == 401)
        }
    }

    @Test func everyAnswerHasItsHeaders() async throws {
        try await TestIntake.run { intake in
            for path in ["/", "/v1/models", "/nowhere", "/v1/jobs/job_x"] {
                let answer = try await intake.ask("GET", path)
                #expect(answer.headers["x-request-id"]?.hasPrefix("req_") == true)
                #expect(answer.headers["date"]?.hasSuffix("GMT") == true)
                #expect(answer.headers["content-type"] == "application/json")
            }
        }
    }

    @Test func unknownURLsAndMethods() async throws {
        try await TestIntake.run { intake in
            for path in ["/nowhere", "/v1", "/v1/jobs/a/b/c", "/v2/jobs"] {
                let answer = try await intake.ask("GET", path)
                #expect(answer.status == 404)
                #expect(try answer.error().code == "unknown_url")
            }
            let answer = try await intake.ask("DELETE", "/v1/jobs")
            #expect(answer.status == 405)
            #expect(answer.headers["allow"] == "GET, POST")
            #expect(try answer.error().code == "method_not_allowed")
        }
    }

    @Test func anyoneMaySeeWhoAnswers() async throws {
        try await TestIntake.run(IntakeConfiguration(version: "1.2.3")) { intake in
            let answer = try await intake.ask("GET", "/", key: nil)
            #expect(try answer.json()["name"]?.string == "penstock")
            #expect(try answer.json()["version"]?.string == "1.2.3")
        }
    }

    @Test func modelsAreTheAliases() async throws {
        try await TestIntake.run { intake in
            let list = try await intake.ask("GET", "/v1/models").json()
            #expect(list["data"]?.elements.map { $0["id"]?.string } == ["gpt-large", "gpt-small"])
            #expect(list["has_more"]?.bool == false)
        }
    }

    @Test(arguments: ["deepseek/deepseek-chat:free", "a/b/c", "50% off", "größer", "a+b", "gpt-small/"])
    func anAliasMayHoldSlashesAndColons(_ alias: String) async throws {
        try await TestIntake.run(aliases: [alias]) { intake in
            let encoded = alias.utf8.map { byte in
                let isPlain = byte < 0x80 && (Character(Unicode.Scalar(byte)).isLetter || byte == UInt8(ascii: "+"))
                return isPlain ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
            let answer = try await intake.ask("GET", "/v1/models/\(encoded)")
            #expect(answer.status == 200)
            #expect(try answer.json()["id"]?.string == alias)
            let listed = try await intake.ask("GET", "/v1/models").json()["data"]?.elements.map { $0["id"]?.string }
            #expect(listed?.contains(alias) == true)
            let job = #"{"body":{"model":"\#(alias)","messages":[{"role":"user","content":"hi"}]}}"#
            #expect(try await intake.ask("POST", "/v1/jobs", json: job).status == 202)
        }
    }

    @Test func slashesOfAnAliasMayStandAsTheyAre() async throws {
        try await TestIntake.run(aliases: ["deepseek/deepseek-chat:free", "a/b/c"]) { intake in
            for alias in ["deepseek/deepseek-chat:free", "a/b/c"] {
                let answer = try await intake.ask("GET", "/v1/models/\(alias)")
                #expect(answer.status == 200)
                #expect(try answer.json()["id"]?.string == alias)
            }
            #expect(try await intake.ask("GET", "/v1/models/a/b").error().code == "not_found")
            #expect(try await intake.ask("DELETE", "/v1/models/a/b").status == 405)
        }
    }

    @Test(arguments: ["%", "%2", "%zz", "%00", "%ff", "gpt%2"])
    func nothingHasANameThatIsNotWellEncoded(_ id: String) async throws {
        try await TestIntake.run { intake in
            let answers = [
                try await intake.ask("GET", "/v1/models/\(id)"), try await intake.ask("GET", "/v1/jobs/\(id)"),
            ]
            #expect(answers.map(\.status) == [404, 404])
        }
    }

    @Test func aLedgerThatIsAwayIsNotADefect() async throws {
        try await TestIntake.run { intake in
            intake.ledger.edit { $0.failure = LedgerUnavailable("away") }
            let answer = try await intake.ask("GET", "/v1/models")
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "2")
            #expect(try answer.error() == ("server_error", "ledger_unavailable", nil))
            #expect(intake.log.text.contains("warning request refused for now"))
        }
    }

    @Test func defectsAreLoggedAndHidden() async throws {
        struct Defect: Error {}
        try await TestIntake.run { intake in
            _ = try await intake.ask("GET", "/v1/models")
            intake.ledger.edit { $0.failure = Defect() }
            let answer = try await intake.ask("GET", "/v1/batches")
            #expect(answer.status == 500)
            let id = try #require(answer.headers["x-request-id"])
            #expect(answer.text.contains(id))
            #expect(!answer.text.contains("Defect"))
            #expect(intake.log.text.contains("error unexpected error"))
            #expect(intake.log.text.contains("request.id=\(id)"))
        }
    }

    @Test func theLogHasNoSecrets() async throws {
        try await TestIntake.run { intake in
            _ = try await intake.ask("POST", "/v1/jobs?secret=inquery", json: #"{"body":"inbody"}"#)
            _ = try await intake.ask("GET", "/v1/jobs/job_inpath")
            #expect(intake.log.text.contains("http.route=/v1/jobs/{id}"))
            #expect(intake.log.text.contains("http.status=404"))
            #expect(intake.log.text.contains("tenant.id=acme"))
            for secret in ["inquery", "inbody", "inpath", "psk_"] { #expect(!intake.log.text.contains(secret)) }
        }
    }

    @Test func healthFollowsTheService() async throws {
        var health: Health?
        try await TestIntake.run { intake in
            #expect(intake.health.isReady)
            health = intake.health
        }
        #expect(health?.isReady == false)
    }
}
