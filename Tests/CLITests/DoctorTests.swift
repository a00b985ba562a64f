import JSON
import Testing

@testable import penstock

@Suite struct DoctorTests {
    private func json(_ text: String) throws -> JSONValue { try JSONDocument(parsing: Array(text.utf8)).root }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Fri, 27 Nov 2026 14:36:21 GMT", 1_795_790_181),
    ]) func datesOfAnswersAreMoments(text: String, seconds: Int) {
        #expect(HTTPDate.unixSeconds(text) == seconds)
    }

    @Test(arguments: ["", "yesterday", "Sun, 06 Nov 1994 08:49:37 GMT+2", "1994-11-06T08:49:37Z"])
    func otherDatesAreNone(text: String) {
        #expect(HTTPDate.unixSeconds(text) == nil)
    }

    @Test(arguments: [
        (0, Finding.Grade.good), (5, .good), (-5, .good), (6, .caution), (-300, .caution), (301, .bad), (-301, .bad),
    ]) func clocksMayDifferALittle(skew: Int, grade: Finding.Grade) {
        #expect(Diagnosis.ofClock(server: 1_700_000_000, local: 1_700_000_000 + skew).grade == grade)
    }

    @Test func whichClockIsAheadIsSaid() {
        #expect(Diagnosis.ofClock(server: 1000, local: 1090).text.contains("1m 30s ahead of the server's"))
        #expect(Diagnosis.ofClock(server: 1090, local: 1000).text.contains("1m 30s behind the server's"))
        #expect(Diagnosis.ofClock(server: nil, local: 1000).grade == .caution)
    }

    @Test func aDisabledEndpointIsWrongAndTheCommandThatHelpsIsTold() throws {
        let endpoint = try json(#"{"id":"whe_1","disabled_at":1700000000,"disabled_reason":"failing"}"#)
        let findings = Diagnosis.ofEndpoints([endpoint])
        #expect(findings.map(\.grade) == [.bad])
        #expect(findings.first?.advice?.contains("penstock webhooks enable whe_1") == true)
    }

    @Test(arguments: [("stopped", Finding.Grade.bad), ("paused", .caution), ("blocked", .caution)])
    func targetsThatTakeNothingAreTold(state: String, grade: Finding.Grade) throws {
        let pool = try json(#"{"id":"p","waiting":0,"running":0,"targets":[{"id":"t","state":"\#(state)"}]}"#)
        #expect(Diagnosis.ofPools([pool]).contains { $0.grade == grade && $0.text.contains("target t") })
    }

    @Test func aPoolWithoutWorkersIsWrong() throws {
        let pool = try json(#"{"id":"p","waiting":3,"running":0,"tenants":[{"parked":"no_worker"}],"targets":[]}"#)
        #expect(Diagnosis.ofPools([pool]).map(\.grade) == [.bad])
    }

    @Test(arguments: [
        ("blind", Finding.Grade.bad), ("crash_loop", .bad), ("at_max", .caution), ("rate_limited", .good),
    ]) func workerSetsThatNeedSomebodyAreTold(reason: String, grade: Finding.Grade) throws {
        let fleet = try FleetView(json(Samples.fleet(reason, explanation: "because")))
        let findings = Diagnosis.ofFleet(fleet)
        #expect(findings.map(\.grade) == [grade])
        #expect(findings.first?.text.contains("because") == true)
        #expect((findings.first?.advice == nil) == (grade == .good))
    }

    @Test func whereWorkersCrashIsTold() throws {
        let fleet = try FleetView(json(Samples.fleet("crash_loop", failing: 3)))
        #expect(Diagnosis.ofFleet(fleet).first?.advice?.contains("log on a.") == true)
    }

    @Test func anErrorIsAFindingWithItsAdvice() {
        let error = CLIError.local("no key\nMake one.")
        #expect(Finding(error) == Finding(grade: .bad, text: "no key", advice: "Make one."))
    }
}
