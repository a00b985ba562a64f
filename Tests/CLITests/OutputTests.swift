import Testing

@testable import penstock

struct TableTests {
    private let table = Table(
        [.text("ID"), .number("COUNT"), .flexible("NOTE")],
        rows: [["batch_1", "7", "short"], ["b", "1,234", "a rather long remark"]]
    )

    @Test func columnsAlignByTheirKind() {
        #expect(
            table.lines(width: nil, colour: false) == [
                "ID       COUNT  NOTE",
                "batch_1      7  short",
                "b        1,234  a rather long remark",
            ]
        )
    }

    @Test func onlyFlexibleColumnsShrink() {
        #expect(
            table.lines(width: 28, colour: false) == [
                "ID       COUNT  NOTE",
                "batch_1      7  short",
                "b        1,234  a rather lo…",
            ]
        )
        // Ids stay whole even where they do not fit.
        #expect(table.lines(width: 10, colour: false)[1] == "batch_1      7  short")
        #expect(table.lines(width: 10, colour: false)[2] == "b        1,234  a rathe…")
    }

    @Test func wideCharactersCountTwice() {
        let table = Table([.text("A"), .text("B")], rows: [["日本", "x"], ["abcd", "y"]])
        #expect(table.lines(width: nil, colour: false) == ["A     B", "日本  x", "abcd  y"])
    }

    @Test func colourDoesNotMoveColumns() {
        let table = Table([.text("STATE"), .text("X")], rows: [[.state("failed"), "1"]])
        #expect(table.lines(width: nil, colour: true)[1] == "\u{1B}[31mfailed\u{1B}[0m  1")
        #expect(table.lines(width: nil, colour: false)[1] == "failed  1")
    }

    @Test func textsOfOthersCannotSteerTheTerminal() {
        let table = Table([.text("A")], rows: [[Table.Cell("a\u{1B}[2Jb\nc\u{9B}d\u{202E}e")]])
        #expect(table.lines(width: nil, colour: true)[1] == "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\u{FFFD}e")
    }

    @Test func missingValuesAreDashes() {
        #expect(Table.Cell(nil).text == "-")
    }
}

struct DollarsTests {
    @Test(arguments: [
        ("0", "$0.00"), ("0.000000000", "$0.00"), ("0.012300000", "$0.0123"), ("0.000150000", "$0.00015"),
        ("12.345", "$12.35"), ("1234567.899999999", "$1,234,567.90"), ("0.000000001", "$0.000000001"),
        ("0.05", "$0.0500"), ("0.999960000", "$1.0000"), ("-0.5", "-$0.5000"), ("3", "$3.00"),
    ]) func readable(decimal: String, shown: String) {
        #expect(Dollars(decimal)?.text == shown)
    }

    @Test(arguments: ["", ".", "1.", ".5", "1e3", "0.0000000001", "99999999999999", "1,5", "--1"])
    func whatIsNoAmountIsRefused(text: String) {
        #expect(Dollars(text) == nil)
    }

    @Test func decimalIsExact() {
        #expect(Dollars("12.5")?.decimal == "12.500000000")
        #expect(Dollars(nanodollars: -1).decimal == "-0.000000001")
    }

    @Test func unknownCostsAreSaid() {
        #expect(Cost(known: nil, unknownCalls: 3).text == "unknown")
        #expect(Cost(known: Dollars("1"), unknownCalls: 1200).text == "$1.00 + 1,200 unknown")
        #expect(Cost(known: Dollars("1"), unknownCalls: 0).text == "$1.00")
    }
}

struct NumberTests {
    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")])
    func thousandsAreSeparated(number: Int, shown: String) {
        #expect(number.grouped == shown)
    }

    @Test(arguments: [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (999_999, "1.0 MB")])
    func bytes(count: Int, shown: String) {
        #expect(NumberText.bytes(count) == shown)
    }

    @Test(arguments: [(0.013, "0.01"), (1.84, "1.8"), (1234.6, "1,235")]) func rates(rate: Double, shown: String) {
        #expect(NumberText.rate(rate) == shown)
    }
}

struct TimeTests {
    @Test func momentsAreUTC() {
        #expect(TimeText.utc(1_700_000_000) == "2023-11-14 22:13:20Z")
        #expect(TimeText.utc(nil) == nil)
    }

    @Test func spans() {
        let spans: [(Duration, String)] = [
            (.zero, "0s"), (.milliseconds(1), "1s"), (.seconds(59), "59s"), (.seconds(185), "3m 05s"),
            (.seconds(7620), "2h 07m"), (.seconds(86_400 * 3 + 3600 * 4), "3d 04h"),
        ]
        for (duration, shown) in spans { #expect(TimeText.span(duration) == shown) }
    }

    @Test(arguments: [("90s", 90), ("15m", 900), ("24h", 86_400), ("7d", 604_800)])
    func windows(text: String, seconds: Int) {
        #expect(WindowText.seconds(text) == seconds)
    }

    @Test(arguments: ["", "h", "0h", "1.5h", "24", "-1h", "24 h", "1w", "99999999h"])
    func otherWindowsAreRefused(text: String) {
        #expect(WindowText.seconds(text) == nil)
    }

    @Test func momentsForQueries() {
        #expect(MomentText.query("24h", now: 100_000) == "13600")
        #expect(MomentText.query("1700000000", now: 0) == "1700000000")
        #expect(MomentText.query("2026-11-22", now: 0) == "2026-11-22T00:00:00Z")
        #expect(MomentText.query("2026-11-22T10:00:00+01:00", now: 0) == "2026-11-22T10:00:00+01:00")
        for text in ["", "yesterday", "2026-11", "2026-11-22 10:00"] { #expect(MomentText.query(text, now: 0) == nil) }
    }
}
