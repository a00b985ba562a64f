import JSON
import Testing

@testable import penstock

struct FleetViewTests {
    private func view(_ text: String) throws -> FleetView {
        try FleetView(try JSONDocument(parsing: Array(text.utf8)).root)
    }

    @Test func factsAreRead() throws {
        let fleet = try view(Samples.fleet())
        let set = try #require(fleet.sets.first)
        #expect(set.desired == 4 && set.ready == 4 && set.draining == 1 && set.max == 8)
        #expect(set.pools == ["large", "mini"])
        #expect(set.demands.map(\.grantedPerSecond) == [50, nil])
        #expect(set.demands.map(\.serviceTime) == [1003, nil])
        #expect(fleet.workers.map(\.slotsInUse) == [17, 3])
        #expect(fleet.hosts.map(\.share) == [4])
    }

    @Test func whatIsMissingIsUnknown() throws {
        let fleet = try view(#"{"sets":[{"id":"p"}],"workers":[{"id":"w"}],"fleets":[{"id":"f"}]}"#)
        #expect(fleet.sets == [WorkerSetView(id: "p")])
        #expect(fleet.workers == [WorkerView(id: "w")])
        #expect(fleet.hosts == [FleetHostView(id: "f")])
    }

    @Test(arguments: ["{}", #"{"sets":{}}"#, #"{"sets":[{}]}"#, #"{"sets":[],"workers":[{"id":7}]}"#])
    func otherAnswersAreNoFleet(text: String) {
        #expect(throws: CLIError.self) { try view(text) }
    }

    @Test(arguments: [
        (#"{"group":"g","dimension":"input_tokens","limit":700000}"#, "700,000 input tokens/min of g"),
        (#"{"group":"east","dimension":"concurrency","limit":64}"#, "64 calls at once of east"),
        (#"{"group":"g","dimension":"requests_per_day","limit":0}"#, "0 requests left today of g"),
        (#"{"group":"g","dimension":"requests","limit":null}"#, "- requests/min of g"),
    ]) func limitsAreWords(limit: String, shown: String) throws {
        let fleet = try view(#"{"sets":[{"id":"*","inputs":{"pools":[{"id":"p","limit":\#(limit)}]}}]}"#)
        #expect(fleet.sets.first?.demands.first?.limit == shown)
    }

    @Test func numbersThatNobodyMeasuredAreBounded() throws {
        let fleet = try view(#"{"sets":[{"id":"*","inputs":{"cpu":-3,"calls":1e300}}]}"#)
        #expect(fleet.sets.first?.cpu == 0)
        #expect(fleet.sets.first?.calls == 1e12)
        #expect(!FleetReport(fleet: fleet).lines(width: nil, colour: false).isEmpty)
    }
}

struct FleetReportTests {
    private func lines(_ text: String, colour: Bool = false) throws -> [String] {
        let fleet = try FleetView(try JSONDocument(parsing: Array(text.utf8)).root)
        return FleetReport(fleet: fleet).lines(width: nil, colour: colour)
    }

    @Test func everythingIsInItsColumn() throws {
        #expect(
            try lines(Samples.fleet()) == [
                "WORKERS *  4 wanted  4 ready  4 of 8: the provider's 3,000 requests/min are used",
                "reason   rate_limited since 2025-12-01 05:00:00Z",
                "pools    large, mini",
                "workers  4 ready, 1 draining, 1 to 8 allowed",
                "slots    613 in use, 250 per worker",
                "needed   4 for 981 calls at once, 1 for 0.42 processors in use",
                "planned  2025-12-01 05:01:40Z",
                "",
                "POOL   REASON        ARRIVALS/S  RUNNABLE  NOT FED  RUNNING  WANTED/S  GRANTED/S  SERVICE  CALLS  LIMIT",
                "mini   rate_limited        60.2     1,200    8,000       50       367       50.0     1.0s   50.1  "
                    + "3,000 requests/min of account",
                "large  idle                   0         0        0        0         0          -        -      0  -",
                "",
                "WORKER                 SET  STATE     IN USE  SLOTS  CPU  SINCE",
                "worker@a:123:ab12cd34  *    ready         17    250  31%  2025-12-01 05:00:00Z",
                "worker@b:7:ab12cd35    *    draining       3    250    -  2025-12-01 05:00:00Z",
                "",
                "FLEET                 HOST  SET  SHARE  MAX  FAILING  SINCE",
                "fleet@a:100:ab12cd34  a     *        4    8        0  2025-12-01 05:00:00Z",
            ]
        )
    }

    @Test func aBlindSetStandsOut() throws {
        let sample = Samples.fleet("blind", desired: "null", explanation: "the count is held")
        let plain = try lines(sample)
        #expect(plain[0] == "WORKERS *  - wanted  4 ready  BLIND: the count is held")
        #expect(plain[1] == "reason   blind since -")
        #expect(plain[5] == "needed   - for - calls at once, - for - processors in use")
        #expect(plain[6...7] == ["planned  -", ""])
        #expect(try lines(sample, colour: true)[0].contains("\u{1B}[31mBLIND: the count is held"))
    }

    @Test func nothingToShowIsSaid() throws {
        #expect(
            try lines(#"{"sets":[],"workers":[],"fleets":[]}"#) == [
                "There are no worker sets.", "", "No worker tells of itself.", "",
                "No fleet starts or stops workers (penstockd up, penstockd fleet).",
            ]
        )
    }

    @Test func textsOfTheServerCannotSteerTheTerminal() throws {
        let text = #""a\u001b[2Jb\nc""#
        let set = #"{"id":\#(text),"pools":[\#(text)],"reason":\#(text),"explanation":\#(text)}"#
        let worker = #"{"id":\#(text),"set":\#(text),"state":\#(text),"host":\#(text)}"#
        let found = try lines(#"{"sets":[\#(set)],"workers":[\#(worker)],"fleets":[\#(worker)]}"#)
        #expect(found.count == 13)
        #expect(found.allSatisfy { !$0.contains("\u{1B}") && !$0.contains("\n") })
    }
}

struct TopReportTests {
    private func lines(_ fleet: FleetGlance) -> [String] {
        var report = TopReport(address: "http://h", interval: .seconds(2))
        report.record(PoolsLook(time: .zero, pools: [PoolView(id: "p")], fleet: fleet))
        return Array(report.lines(Terminal(width: nil, hasColour: false)).dropFirst())
    }

    @Test func workersStandAboveThePools() {
        var set = WorkerSetView(id: "p")
        (set.desired, set.ready, set.explanation) = (2, 1, "2 of 4: jobs wait")
        let found = lines(FleetGlance(sets: [set, WorkerSetView(id: "q")]))
        #expect(
            found.prefix(4) == [
                "", "WORKERS p  2 wanted  1 ready  2 of 4: jobs wait", "WORKERS q  - wanted  - ready  unknown", "",
            ]
        )
        #expect(found[4].hasPrefix("POOL p"))
    }

    @Test func anOlderServerHasNoSuchLine() {
        #expect(lines(FleetGlance())[1].hasPrefix("POOL p"))
    }

    @Test func whyTheWorkersAreUnknownIsSaid() {
        #expect(lines(FleetGlance(trouble: "a\u{1B}b"))[1] == "WORKERS  not known now: a\u{FFFD}b")
    }
}
