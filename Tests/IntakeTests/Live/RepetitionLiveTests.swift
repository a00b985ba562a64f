import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

/// SDKs repeat a POST whose answer did not come, and send no idempotency key.
@Suite(.timeLimit(.minutes(1)))
struct RepetitionLiveTests {
    private static func count(_ times: Int) -> [String] { ["x-stainless-retry-count: \(times)"] }

    private enum Kind: String, CaseIterable {
        case batch, job, file, endpoint

        var path: String {
            switch self {
            case .batch: "/v1/batches"
            case .job: "/v1/jobs"
            case .file: "/v1/files"
            case .endpoint: "/v1/webhook_endpoints"
            }
        }

        func count(_ intake: TestIntake) -> Int {
            switch self {
            case .batch: intake.ledger.edit { $0.batches.count }
            case .job: intake.queue.edit { $0.enqueued.count }
            case .file: intake.ledger.edit { $0.files.count }
            case .endpoint: intake.ledger.edit { $0.webhookEndpoints.count }
            }
        }

        func request(_ input: String) -> (headers: [String], body: [UInt8]) {
            switch self {
            case .batch: return ([], Array(TestIntake.batchBody(input).utf8))
            case .job: return ([], Array(TestIntake.jobBody().utf8))
            case .endpoint:
                let body = #"{"name":"n","url":"https://example.com/h","event_types":["batch.completed"]}"#
                return ([], Array(body.utf8))
            case .file:
                let form = Form(file: Array("{}\n{}\n".utf8), name: "b.jsonl")
                return (["Content-Type: \(form.contentType)"], form.bytes)
            }
        }
    }

    private static func id(_ answer: RawAnswer) throws -> String {
        try #require(try answer.json()["id"]?.string, "\(answer.status) \(answer.text)")
    }

    /// Sends a request and is gone before the answer, which takes a while.
    private static func abandon(_ kind: Kind, _ input: String, _ intake: TestIntake, repeated: Int = 0) async throws {
        intake.ledger.edit { $0.creationDelay = .milliseconds(300) }
        let before = kind.count(intake)
        let (headers, body) = kind.request(input)
        do {
            let connection = try RawConnection(port: intake.port)
            let head = TestIntake.head(
                "POST",
                kind.path,
                key: TestIntake.acme,
                headers: headers + Self.count(repeated),
                length: body.count
            )
            try await connection.send(Array(head.utf8) + body)
        }
        while kind.count(intake) == before { try await Task.sleep(for: .milliseconds(5)) }
        try await Task.sleep(for: .milliseconds(100))
        intake.ledger.edit { $0.creationDelay = .zero }
    }

    @Test(arguments: Kind.allCases)
    private func aRepetitionGetsWhatTheFirstOneMade(kind: Kind) async throws {
        try await TestIntake.run { intake in
            let input = try await intake.upload("{}\n")
            let before = kind.count(intake)
            try await Self.abandon(kind, input, intake)
            let (headers, body) = kind.request(input)
            let answer = try await intake.ask("POST", kind.path, headers: headers + Self.count(1), body: body)
            #expect(answer.status / 100 == 2, "\(answer.text)")
            #expect(kind.count(intake) == before + 1, "made once")

            // What comes unmarked is meant; its own repetitions get it, as its answer may have been lost on its way.
            let second = try await intake.ask("POST", kind.path, headers: headers + Self.count(0), body: body)
            #expect(try Self.id(second) != Self.id(answer))
            for times in 1...3 {
                try await Self.answersAreNoted(intake)
                let again = try await intake.ask("POST", kind.path, headers: headers + Self.count(times), body: body)
                #expect(try Self.id(again) == Self.id(second))
            }
            #expect(kind.count(intake) == before + 2)
            // Both have been claimed by a first repetition: this one repeats a request that never came.
            let strange = try await intake.ask("POST", kind.path, headers: headers + Self.count(1), body: body)
            #expect(kind.count(intake) == before + 3)
            #expect(try ![Self.id(answer), Self.id(second)].contains(Self.id(strange)))
        }
    }

    /// Waits until every answer is noted, which is a moment after it was sent.
    private static func answersAreNoted(_ intake: TestIntake) async throws {
        while intake.ledger.edit({ $0.creations.contains { !$0.isAnswered } }) {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// One was made and told, one was refused: the repetition of the latter makes its own.
    @Test func aRefusedRequestIsNotToldAnothersObject() async throws {
        try await TestIntake.run { intake in
            let body = TestIntake.jobBody()
            let first = try await intake.ask("POST", "/v1/jobs", headers: Self.count(0), json: body)
            try await Self.answersAreNoted(intake)
            intake.queue.edit { $0.failure = QueueUnavailable("down") }
            let refused = try await intake.ask("POST", "/v1/jobs", headers: Self.count(0), json: body)
            #expect(refused.status == 503)
            intake.queue.edit { $0.failure = nil }
            let again = try await intake.ask("POST", "/v1/jobs", headers: Self.count(1), json: body)
            #expect(again.status == 202 && Kind.job.count(intake) == 2)
            #expect(try Self.id(again) != Self.id(first))
        }
    }

    @Test func aDeletedFileIsMadeAgain() async throws {
        try await TestIntake.run { intake in
            let (headers, body) = Kind.file.request("")
            let made = try await intake.ask("POST", "/v1/files", headers: headers + Self.count(0), body: body)
            let first = try Self.id(made)
            #expect(try await intake.ask("DELETE", "/v1/files/\(first)").status == 200)
            var ids: Set<String> = []
            for times in 1...3 {
                ids.insert(
                    try Self.id(
                        try await intake.ask("POST", "/v1/files", headers: headers + Self.count(times), body: body)
                    )
                )
            }
            #expect(ids.count == 1 && !ids.contains(first) && Kind.file.count(intake) == 1)
        }
    }

    @Test func twoIntendedOnesStayTwo() async throws {
        try await TestIntake.run { intake in
            let input = try await intake.upload("{}\n")
            try await Self.abandon(.batch, input, intake)
            try await Self.abandon(.batch, input, intake)
            #expect(Kind.batch.count(intake) == 2)
            let body = Kind.batch.request(input).body
            var told: Set<String> = []
            for _ in 0..<2 {
                told.insert(
                    try Self.id(try await intake.ask("POST", "/v1/batches", headers: Self.count(1), body: body))
                )
            }
            #expect(told.count == 2 && Kind.batch.count(intake) == 2, "each repetition gets its own")
        }
    }

    @Test func anothersRequestIsAnother() async throws {
        try await TestIntake.run { intake in
            try await Self.abandon(.job, "", intake)
            let body = Kind.job.request("").body
            let answer = try await intake.ask(
                "POST",
                "/v1/jobs",
                key: TestIntake.other,
                headers: Self.count(1),
                body: body
            )
            #expect(answer.status == 202 && Kind.job.count(intake) == 2)
        }
    }

    @Test func aRepetitionThatIsAbandonedTooIsRepeated() async throws {
        try await TestIntake.run { intake in
            let input = try await intake.upload("{}\n")
            try await Self.abandon(.batch, input, intake)
            // Its own answer does not arrive either.
            let body = Kind.batch.request(input).body
            for times in 1...3 {
                let connection = try RawConnection(port: intake.port)
                let head = TestIntake.head(
                    "POST",
                    "/v1/batches",
                    key: TestIntake.acme,
                    headers: Self.count(times),
                    length: body.count
                )
                try await connection.send(Array(head.utf8) + body)
                connection.finishSending()
                _ = try await connection.receive()
            }
            #expect(Kind.batch.count(intake) == 1)
        }
    }

    @Test func withAKeyTheKeyCounts() async throws {
        try await TestIntake.run { intake in
            let input = try await intake.upload("{}\n")
            let body = Kind.batch.request(input).body
            for times in 0...2 {
                let headers = Self.count(times) + ["Idempotency-Key: k\(times % 2)"]
                _ = try await intake.ask("POST", "/v1/batches", headers: headers, body: body)
            }
            #expect(Kind.batch.count(intake) == 2 && intake.ledger.edit { $0.creations.isEmpty })
        }
    }

    @Test func filesHaveKeysToo() async throws {
        try await TestIntake.run { intake in
            let (headers, body) = Kind.file.request("")
            var ids: Set<String> = []
            for _ in 0..<2 {
                let answer = try await intake.ask(
                    "POST",
                    "/v1/files",
                    headers: headers + ["Idempotency-Key: once"],
                    body: body
                )
                ids.insert(try Self.id(answer))
            }
            #expect(ids.count == 1 && Kind.file.count(intake) == 1)
            let other = Form(file: Array("{}\n".utf8), name: "b.jsonl")
            let conflict = try await intake.ask(
                "POST",
                "/v1/files",
                headers: ["Content-Type: \(other.contentType)", "Idempotency-Key: once"],
                body: other.bytes
            )
            #expect(conflict.status == 409 && conflict.headers["x-should-retry"] == "false")
        }
    }

    @Test func aKeysSecretIsNotShownTwice() async throws {
        try await TestIntake.run { intake in
            let json = #"{"tenant":"acme","name":"ci"}"#
            let headers = ["Idempotency-Key: once"]
            let first = try await intake.ask(
                "POST",
                "/v1/admin/keys",
                key: TestIntake.admin,
                headers: headers,
                json: json
            )
            #expect(first.status == 200)
            let again = try await intake.ask(
                "POST",
                "/v1/admin/keys",
                key: TestIntake.admin,
                headers: headers,
                json: json
            )
            #expect(again.status == 409 && again.headers["x-should-retry"] == "false")
            #expect(try again.error().code == "key_already_made")
            #expect(try again.json().path("error", "message")?.string?.contains(try Self.id(first)) == true)
        }
    }

    @Test(arguments: ["x-stainless-retry-count: -1", "x-stainless-retry-count: many"])
    func whatSaysNothingIsIgnored(header: String) async throws {
        try await TestIntake.run { intake in
            let answer = try await intake.ask("POST", "/v1/jobs", headers: [header], json: TestIntake.jobBody())
            #expect(answer.status == 202 && intake.ledger.edit { $0.creations.isEmpty })
        }
    }
}
