import Penstock
import Testing

struct DurationTextTests {
    @Test(arguments: [("1s", 1), ("90s", 90), ("15m", 900), ("24h", 86_400), ("30d", 2_592_000), ("0024h", 86_400)])
    func durationsAreRead(_ text: String, _ seconds: Int) {
        #expect(DurationText.parse(text) == .seconds(seconds))
    }

    @Test(arguments: [
        "", "s", "0s", "24", "24H", "-1s", "+1s", "1.5h", "1h30m", " 1s", "1s ", "31d", "12345678s",
        "99999999999999999999d", "1w", "１s",
    ])
    func anythingElseIsRefused(_ text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test func wholeMillisecondsAndSeconds() {
        #expect(Duration.seconds(2).wholeMilliseconds == 2000)
        #expect(Duration.microseconds(1999).wholeMilliseconds == 1)
        #expect(Duration.milliseconds(-1500).wholeMilliseconds == -1500)
        #expect(Duration.milliseconds(250).inSeconds == 0.25)
        let time = Timestamp(milliseconds: 1_700_000_000_999)
        #expect(time.seconds == 1_700_000_000)
        #expect(time.adding(.seconds(1)).since(time) == .seconds(1))
    }
}

struct MoneyTests {
    @Test(
        arguments: [
            ("0.15", 150_000), ("2", 2_000_000), ("0", 0), ("0.000001", 1), ("1000000", 1_000_000_000_000),
            ("10.500000", 10_500_000),
        ] as [(String, Int64)]
    )
    func pricesAreExact(_ text: String, _ picodollars: Int64) {
        #expect(Picodollars(usdPerMillion: text)?.value == picodollars)
    }

    @Test(arguments: [
        "", ".5", "5.", "-1", "+1", "1e3", "0.0000001", "1000001", "1,5", "99999999999999999999", "1.2.3",
    ])
    func anythingElseIsNoPrice(_ text: String) {
        #expect(Picodollars(usdPerMillion: text) == nil)
    }

    /// One token at these prices per million: half a nanodollar is 500 picodollars.
    @Test(
        arguments: [(499, 0), (500, 0), (501, 1), (1499, 1), (1500, 2), (2500, 2), (2501, 3), (3500, 4)]
            as [(Int64, Int64)]
    )
    func costsAreRoundedOnceHalfToEven(_ picodollars: Int64, _ nanodollars: Int64) {
        let price = TokenPrice(input: Picodollars(picodollars), output: Picodollars(0))
        #expect(price.cost(of: Usage(input: 1, output: 0)) == Nanodollars(nanodollars))
    }

    @Test(arguments: [
        (5_000_000_000, "5.00"), (125_000_000, "0.125"), (1, "0.000000001"), (0, "0.00"), (1_230_000_000, "1.23"),
    ])
    func shortDollarsKeepWhatCounts(_ nanodollars: Int64, _ text: String) {
        #expect(Nanodollars(nanodollars).shortDollars == text)
    }

    @Test func partsAreNotRoundedOneByOne() {
        let price = TokenPrice(input: Picodollars(400), cachedInput: Picodollars(100), output: Picodollars(300))
        // 2·400 + 3·100 + 4·300 = 2300
        #expect(price.cost(of: Usage(input: 5, cachedInput: 3, output: 4)) == Nanodollars(2))
        let plain = TokenPrice(input: Picodollars(400), output: Picodollars(300))
        #expect(plain.cost(of: Usage(input: 5, cachedInput: 3, output: 4)) == Nanodollars(3))
        // 4 fresh, 3 read, 8 written, 4 out: 1,600 + 300 + 4,000 + 1,200 picodollars.
        let writes = TokenPrice(
            input: Picodollars(400),
            cachedInput: Picodollars(100),
            cacheWrite: Picodollars(500),
            output: Picodollars(300)
        )
        let usage = Usage(input: 15, cachedInput: 3, cacheWrite: 8, output: 4)
        #expect(writes.cost(of: usage) == Nanodollars(7))
        #expect(price.cost(of: usage) == Nanodollars(6))
    }

    @Test func numbersNobodyCouldPayDoNotOverflow() {
        let price = TokenPrice(input: Picodollars(.max), output: Picodollars(.max))
        #expect(price.cost(of: Usage(input: .max, output: .max)) == Nanodollars(.max))
    }

    @Test func dollarsAreWrittenExactly() {
        #expect(Nanodollars(150_000).dollars == "0.000150000")
        #expect(Nanodollars(12_000_000_001).dollars == "12.000000001")
        #expect(Nanodollars(-1).dollars == "-0.000000001")
        #expect(Nanodollars(.min).dollars == "-9223372036.854775808")
        #expect(Nanodollars(0).dollars == "0.000000000")
    }

    @Test func secretsAreNeverPrinted() {
        let secret = Secret("sk-1")
        #expect("\(secret) \(String(reflecting: secret))" == "*** ***")
        #expect(secret.revealed == "sk-1")
    }
}

struct IdentifierTests {
    @Test func idsSortByTheirTime() {
        let epoch = IDGenerator.epoch()
        let times: [Int64] = [0, 1, 31, 32, 1_700_000_000_000, 1_700_000_000_001, 253_402_300_799_999]
        let ids = times.map { IDGenerator.job(epoch: epoch, at: Timestamp(milliseconds: $0)).text }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
    }

    /// Deadlines that are equal to the millisecond are told apart by the id.
    @Test func idsOfOneMillisecondRiseToo() {
        var sequence = IDSequence()
        for moment in [1_234, 1_235] as [UInt64] {
            let halves = (0..<2_000).map { _ in sequence.next(at: moment) }
            #expect(halves == halves.sorted() && Set(halves).count == halves.count)
            #expect(halves.allSatisfy { $0 < 1 << 50 })
        }
    }

    @Test func idsHaveTheirForm() {
        let now = Samples.now
        let epoch = IDGenerator.epoch()
        let job = IDGenerator.job(epoch: epoch, at: now)
        #expect(epoch.text.count == PoolEpoch.length)
        #expect(job.text.hasPrefix("job_") && job.text.count == 4 + PoolEpoch.length + IDGenerator.length)
        #expect(job.epoch == epoch)
        let alphabet = Set("0123456789abcdefghjkmnpqrstvwxyz")
        #expect(job.text.dropFirst(4).allSatisfy(alphabet.contains))
        #expect(IDGenerator.batch(at: now).text.hasPrefix("batch_"))
        #expect(IDGenerator.file(at: now).text.hasPrefix("file-"))
        #expect(IDGenerator.attempt().text.count == 32)
        #expect(IDGenerator.secret(bytes: 24).count == 48)
        #expect(IDGenerator.attempt() != IDGenerator.attempt())
    }

    @Test func aLinesIDFollowsFromItsBatch() {
        let id = JobID(batch: BatchID("batch_abc"), line: 7)
        #expect(id.text == "batch_req_abc_7")
        #expect(id.epoch == nil)
    }

    @Test(arguments: ["", "job_", "job_short", "jobs_0123456789012345678901234", "batch_req_abc_1"])
    func aForeignIDHasNoEpoch(_ text: String) {
        #expect(JobID(text).epoch == nil)
    }

    @Test func tenantNamesAreChecked() {
        for name in ["a", "acme-1_x", String(repeating: "z", count: 64)] { #expect(TenantID(name)?.text == name) }
        for name in ["", "A", "a b", "a:b", "ä", "a~", "a;", String(repeating: "z", count: 65)] {
            #expect(TenantID(name) == nil)
        }
    }

    @Test func textOfOutcomesIsReadBack() {
        let all: [AttemptOutcome] = [.succeeded, .unknown] + ErrorClass.allCases.map { .failed($0) }
        for outcome in all { #expect(AttemptOutcome(text: outcome.text) == outcome) }
        #expect(AttemptOutcome(text: "nonsense") == nil)
    }
}
