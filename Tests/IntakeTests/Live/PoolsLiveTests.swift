import JSON
import Penstock
import TestTwins
import Testing

@testable import Intake

@Suite(.timeLimit(.minutes(1)))
struct PoolsLiveTests {
    private static let overview = PoolOverview(
        isPaused: true,
        waiting: 5,
        running: 4,
        delayed: 3,
        flows: 2,
        takenJobs: 1000,
        takenTokens: 2000,
        targets: [
            TargetOverview(name: "small-1", state: .paused, running: 4, maxRunning: nil),
            TargetOverview(
                name: "small-2",
                state: .blocked(until: Timestamp(milliseconds: 61_000)),
                running: 0,
                maxRunning: 8
            ),
            TargetOverview(
                name: "small-3",
                state: .stopped(since: Timestamp(milliseconds: 62_000)),
                running: 0,
                maxRunning: 8
            ),
            TargetOverview(name: "small-4", state: .probing, running: 1, maxRunning: 8),
            TargetOverview(name: "small-5", state: .available, running: 1, maxRunning: 8),
        ],
        groups: [
            LimitGroupOverview(
                name: "account",
                running: 4,
                maxRunning: 10,
                limits: [.init(dimension: .inputTokens, perMinute: 50_000, isLearned: true, use: 0.97049)]
            )
        ],
        tenants: [
            TenantOverview(
                tenant: TenantID(trusted: "acme"),
                jobClass: .batch,
                weight: 2,
                waiting: 5,
                running: 4,
                servedTokens: 77,
                parked: .slots
            ),
            TenantOverview(
                tenant: TenantID(trusted: "other"),
                jobClass: .standard,
                weight: 1,
                waiting: 0,
                running: 0,
                servedTokens: 7,
                parked: nil
            ),
        ]
    )

    private static let experience = PoolExperience(
        models: ["gpt-small": .init(samples: 20.5, inputRatio: 1.25, inputError: .nan, outputP90: 300)],
        targets: [
            "small-1": .init(samples: 30, p10: .milliseconds(100), p50: .milliseconds(200), p95: .milliseconds(900))
        ]
    )

    @Test func poolsAreShownWhole() async throws {
        try await TestIntake.run { intake in
            intake.queue.edit { state in
                state.overview = Self.overview
                state.experience = Self.experience
            }
            let pause = Pause(
                subject: .pool(PoolName("small")),
                since: Timestamp(milliseconds: 60_000),
                by: "key_1",
                reason: "night"
            )
            try await intake.ledger.put(pause)
            let list = try await intake.ask("GET", "/v1/admin/pools", key: TestIntake.admin).json()
            #expect(list["data"]?.elements.map { $0["id"]?.string } == ["large", "small"])
            let pool = try #require(list["data"]?.elements.map { $0 }.last)
            let expected =
                #"{"id":"small","object":"pool","paused":true,"paused_by":"key_1","paused_at":60,"#
                + #""pause_reason":"night","configured":true,"waiting":5,"running":4,"delayed":3,"flows":2,"#
                + #""taken_jobs":1000,"taken_tokens":2000,"targets":["#
                + #"{"id":"small-1","state":"paused","until":null,"since":null,"paused_by":null,"paused_at":null,"#
                + #""pause_reason":null,"running":4,"max_running":null,"#
                + #""service_time_ms":{"p10":100,"p50":200,"p95":900,"samples":30}},"#
            #expect(String(decoding: pool.rawBytes, as: UTF8.self).hasPrefix(expected), "\(pool.rawBytes)")
            let targets = pool["targets"]?.elements.map { $0 } ?? []
            #expect(
                targets.map { $0["state"]?.string } == ["paused", "blocked", "stopped", "probing", "available"]
            )
            #expect(targets[1]["until"]?.int64 == 61)
            #expect(targets[2]["since"]?.int64 == 62)
            #expect(targets[4]["service_time_ms"]?.isNull == true)
            #expect(
                pool["limit_groups"].map { String(decoding: $0.rawBytes, as: UTF8.self) }
                    == #"[{"id":"account","running":4,"max_running":10,"limits":[{"dimension":"input_tokens","#
                    + #""per_minute":50000,"learned":true,"use":0.97}]}]"#
            )
            #expect(
                pool["tenants"].map { String(decoding: $0.rawBytes, as: UTF8.self) }
                    == #"[{"tenant":"acme","class":"batch","weight":2,"waiting":5,"running":4,"served_tokens":77,"#
                    + #""parked":"slots"},{"tenant":"other","class":"standard","weight":1,"waiting":0,"running":0,"#
                    + #""served_tokens":7,"parked":null}]"#
            )
            #expect(
                pool["models"].map { String(decoding: $0.rawBytes, as: UTF8.self) }
                    == #"[{"id":"gpt-small","samples":20.5,"input_ratio":1.25,"input_error":null,"output_p90":300}]"#
            )
        }
    }

    @Test func tenantsPerClassAreBounded() async throws {
        try await TestIntake.run { intake in
            func status(_ query: String) async throws -> Int {
                try await intake.ask("GET", "/v1/admin/pools\(query)", key: TestIntake.admin).status
            }
            var answers: [Int] = []
            for query in ["", "?tenants=1", "?tenants=200", "?tenants=0", "?tenants=201", "?tenants=x"] {
                answers.append(try await status(query))
            }
            #expect(answers == [200, 200, 200, 400, 400, 400])
            #expect(intake.queue.edit { $0.overviewTenants } == [20, 1, 200])
        }
    }

    @Test func aPoolIsPausedInTheLedgerAndAtOnce() async throws {
        try await TestIntake.run { intake in
            func order(_ word: String, _ body: String = "") async throws -> JSONValue {
                let path = "/v1/admin/pools/small/\(word)"
                return try await intake.ask("POST", path, key: TestIntake.admin, json: body).json()
            }
            let paused = try await order("pause", #"{"reason":"the bill"}"#)
            #expect(paused["object"]?.string == "pause" && paused["kind"]?.string == "pool")
            #expect(paused["id"]?.string == "small" && paused["paused"]?.bool == true)
            #expect(paused["paused_by"]?.string == "key_psk_admin" && paused["reason"]?.string == "the bill")
            #expect(intake.queue.edit { $0.controls } == PoolControls(isPaused: true))
            #expect(intake.secondQueue.edit { $0.controls } == PoolControls())
            let pauses = try await intake.ledger.pauses()
            #expect(pauses.map(\.subject) == [.pool(PoolName("small"))])
            let again = try await order("pause")
            #expect(again.rawBytes == paused.rawBytes, "since when and why stay")
            for _ in 0..<2 {
                let resumed = try await order("resume")
                #expect(resumed["paused"]?.bool == false && resumed["paused_at"]?.isNull == true)
            }
            #expect(intake.queue.edit { $0.controls } == PoolControls())
            #expect(try await intake.ledger.pauses() == [])
            #expect(intake.log.text.contains("notice an operator's order"))
            #expect(!intake.log.text.contains("the bill"))
        }
    }

    @Test func aTargetIsPausedBesideOthers() async throws {
        try await TestIntake.run { intake in
            func order(_ path: String) async throws -> RawAnswer {
                try await intake.ask("POST", "/v1/admin/\(path)", key: TestIntake.admin)
            }
            #expect(try await order("targets/small-1/pause").json()["kind"]?.string == "target")
            _ = try await order("targets/large-1/pause")
            _ = try await order("pools/small/pause")
            #expect(intake.queue.edit { $0.controls } == PoolControls(isPaused: true, pausedTargets: ["small-1"]))
            #expect(intake.secondQueue.edit { $0.controls } == PoolControls(pausedTargets: ["large-1"]))
            _ = try await order("pools/small/resume")
            #expect(intake.queue.edit { $0.controls } == PoolControls(pausedTargets: ["small-1"]))
            #expect(intake.queue.edit { $0.resumed.isEmpty })
            _ = try await order("targets/small-1/resume")
            #expect(intake.queue.edit { $0.controls } == PoolControls())
            #expect(intake.queue.edit { $0.resumed } == ["small-1"], "a stop or a block ends too")
            for path in ["pools/none/pause", "pools/none/resume", "targets/none/pause", "targets/none/resume"] {
                #expect(try await order(path).status == 404)
            }
        }
    }

    @Test func whatIsPausedStaysPausedWhenTheQueueDoesNotAnswer() async throws {
        try await TestIntake.run { intake in
            intake.queue.edit { $0.failure = QueueUnavailable("away") }
            let answer = try await intake.ask("POST", "/v1/admin/pools/small/pause", key: TestIntake.admin)
            #expect(answer.status == 503)
            #expect(try await intake.ledger.pauses().count == 1)
        }
    }

    @Test func reasonsAreBounded() async throws {
        try await TestIntake.run { intake in
            for body in [
                #"{"reason":""}"#, #"{"why":"x"}"#, "[]", "{\"reason\":\"\(String(repeating: "x", count: 201))\"}",
            ] {
                let answer = try await intake.ask(
                    "POST",
                    "/v1/admin/pools/small/pause",
                    key: TestIntake.admin,
                    json: body
                )
                #expect(answer.status == 400)
            }
            #expect(try await intake.ledger.pauses() == [])
        }
    }
}
