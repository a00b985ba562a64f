import Foundation
import Logging
import Testing

@testable import Telemetry

@Suite struct JSONLogHandlerTests {
    struct Oops: Error, CustomStringConvertible {
        let description = "it broke"
    }

    @Test func aLineHasTheFixedFieldsFirst() throws {
        let line = try #require(try lines { $0.info("job claimed", [.jobID: "j1"]) }.first)
        let pattern = /\{"ts":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"info","role":"worker","pid":(\d+),/
        let match = try #require(line.prefixMatch(of: pattern))
        #expect(Int32(match.1) == getpid())
        #expect(line.hasSuffix(#""message":"job claimed","job.id":"j1"}"#))
    }

    @Test func timesAreNow() throws {
        let before = Date()
        let ts = try #require(try parsedLine { $0.info("x", [:]) }["ts"] as? String)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let time = try style.parse(ts)
        #expect(time.timeIntervalSince(before) > -0.002)
        #expect(time <= Date())
    }

    @Test func valuesKeepTheirTypes() throws {
        let line = try parsedLine { logger in
            logger.info("x", [.count: 3, .durationMs: 1.5, .outcome: true, .jobID: "a\"b\\c\n\u{1}é😀\u{2028}"])
        }
        #expect(line["count"] as? Int == 3)
        #expect(line["duration.ms"] as? Double == 1.5)
        #expect(line["outcome"] as? Bool == true)
        #expect(line["job.id"] as? String == "a\"b\\c\n\u{1}é😀\u{2028}")
    }

    @Test func metadataOfOthersIsWrittenToo() throws {
        let line = try parsedLine { logger in
            var logger = logger
            logger[metadataKey: "a"] = "logger"
            logger[metadataKey: "b"] = "logger"
            logger.info(
                "plain \(1)",
                metadata: ["b": "event", "list": ["x", ["y": "z"]], "level": "hidden?", "nan": "\(Double.nan)"]
            )
        }
        #expect(line["message"] as? String == "plain 1")
        #expect(line["a"] as? String == "logger")
        #expect(line["b"] as? String == "event")
        #expect(line["level"] as? String == "info")
        #expect(line["field.level"] as? String == "hidden?")
        let list = try #require(line["list"] as? [Any])
        #expect(list[0] as? String == "x")
        #expect((list[1] as? [String: String]) == ["y": "z"])
    }

    @Test func providersComeBetweenLoggerAndEvent() throws {
        let line = try parsedLine { logger in
            var handler = try #require(logger.handler as? JSONLogHandler)
            handler.metadataProvider = Logger.MetadataProvider { ["a": "provider", "b": "provider"] }
            handler.metadata = ["a": "logger"]
            handler.log(
                event: LogEvent(
                    level: .info,
                    message: "m",
                    metadata: ["b": "event"],
                    source: nil,
                    file: "",
                    function: "",
                    line: 1
                )
            )
        }
        #expect(line["a"] as? String == "provider")
        #expect(line["b"] as? String == "event")
    }

    @Test func errorsAreDescribed() throws {
        let line = try parsedLine { $0.error("x", [.jobID: "1"], error: Oops()) }
        #expect(line["error"] as? String == "it broke")
        #expect(line["error.class"] as? String == "Oops")
        let named = try parsedLine { $0.warning("x", [.errorClass: "own"], error: Oops()) }
        #expect(named["error.class"] as? String == "own")
    }

    @Test func everyLevelHasAHelper() throws {
        let lines = try lines { logger in
            logger.trace("m", [:])
            logger.debug("m", [:])
            logger.info("m", [:])
            logger.notice("m", [:])
            logger.warning("m", [:])
            logger.error("m", [:])
            logger.critical("m", [:])
        }
        #expect(try lines.map { try parsed($0)["level"] as? String } == Logger.Level.allCases.map(\.rawValue))
    }

    @Test func linesBelowTheLevelAreNotWrittenNorTheirFieldsMade() throws {
        let lines = try lines(level: .warning) { logger in
            func unexpected() -> LogFields {
                Issue.record("fields were made")
                return [:]
            }
            logger.notice("m", unexpected())
        }
        #expect(lines.isEmpty)
    }

    @Test func childLoggersCarryFields() throws {
        let line = try parsedLine { $0.adding([.requestID: "r", .tenant: "t"]).info("m", [.tenant: "u"]) }
        #expect(line["request.id"] as? String == "r")
        #expect(line["tenant.id"] as? String == "u")
    }

    @Test func linesNeverExceedOnePipeWrite() throws {
        let long = String(repeating: "é", count: 5000)
        var metadata: Logger.Metadata = [:]
        for number in 0..<20 { metadata["key\(number)"] = .string(long) }
        let lines = try lines { $0.info("\(long)", metadata: metadata) }
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(line.utf8.count + 1 <= LogLine.maxBytes)
        let fields = try parsed(line)
        #expect(fields["truncated"] as? Bool == true)
        #expect((fields["message"] as? String)?.hasSuffix("é…") == true)
    }

    @Test func deepMetadataIsCut() throws {
        var value: Logger.MetadataValue = "bottom"
        for _ in 0..<1000 { value = .array([value]) }
        let line = try #require(try lines { $0.info("m", metadata: ["deep": value]) }.first)
        #expect(line.contains(#""deep":[[[["…"]]]]"#))
    }

    @Test func concurrentLinesDoNotMix() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)").path
        let descriptor = open(path, O_CREAT | O_WRONLY | O_APPEND, 0o600)
        defer {
            close(descriptor)
            unlink(path)
        }
        let make = LoggingBootstrap.factory(level: .info, role: "r", sink: LogSink(descriptor: descriptor))
        let logger = Logger(label: "test") { _ in make(nil) }
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for number in 0..<200 { logger.info("m", [.count: .integer(thread * 1000 + number)]) }
        }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let counts = try text.split(separator: "\n").map { try parsed(String($0))["count"] as? Int }
        #expect(counts.count == 1600)
        #expect(Set(counts).count == 1600)
    }

    @Test func lostLinesAreCounted() {
        let sink = LogSink(descriptor: -1)
        sink.write([10])
        #expect(sink.lostLines == 1)
    }
}

@Suite struct LogDetailTests {
    @Test func keysAreDottedLowerCaseAndUnique() {
        for key in LogKey.allCases {
            #expect(key.rawValue.wholeMatch(of: /[a-z]+(\.[a-z]+)*/) != nil, "\(key)")
        }
        #expect(Set(LogKey.allCases.map(\.rawValue)).count == LogKey.allCases.count)
    }

    @Test func levelsAreAClosedSet() {
        #expect(LoggingBootstrap.level(named: "warning") == .warning)
        #expect(LoggingBootstrap.level(named: "WARN") == nil)
    }

    @Test(arguments: [
        (0, 0, "1970-01-01T00:00:00.000Z"), (951_782_399, 7, "2000-02-28T23:59:59.007Z"),
        (951_782_400, 70, "2000-02-29T00:00:00.070Z"), (1_795_363_800, 123, "2026-11-22T16:10:00.123Z"),
    ])
    func timestamps(second: Int, millisecond: Int, expected: String) {
        let timestamp = LogTimestamp()
        #expect(String(decoding: timestamp.text(second: second, millisecond: millisecond), as: UTF8.self) == expected)
        // The second time from the cache, with other milliseconds.
        let again = String(decoding: timestamp.text(second: second, millisecond: 999), as: UTF8.self)
        #expect(again == expected.dropLast(4) + "999Z")
    }

    @Test func everyStringIsValidJSON() throws {
        for value in [0...0x2FF, 0x2000...0x2040, 0xFFF0...0xFFFF, 0x1F600...0x1F610].joined() {
            guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
            let text = "a" + String(Character(scalar)) + "b"
            var json = JSONText()
            json.string(text)
            let data = Data("[".utf8) + Data(json.bytes) + Data("]".utf8)
            let array = try #require(try JSONSerialization.jsonObject(with: data) as? [String])
            #expect(array[0].unicodeScalars.elementsEqual(text.unicodeScalars), "\(value)")
        }
    }
}
