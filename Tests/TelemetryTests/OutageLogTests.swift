import Logging
import Synchronization
import Testing

@testable import Telemetry

@Suite struct OutageLogTests {
    private struct Away: Error {}

    /// A log whose time a test sets.
    private final class Scene: Sendable {
        let time = Mutex(Duration.zero)
        let lines = Mutex<[String]>([])

        func log() -> OutageLog {
            OutageLog(Logger(label: "test") { _ in Lines(scene: self) }) { self.time.withLock { $0 } }
        }

        func pass(_ duration: Duration) { time.withLock { $0 += duration } }

        var told: [String] { lines.withLock { $0 } }
    }

    private struct Lines: LogHandler {
        let scene: Scene
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        var metadataProvider: Logger.MetadataProvider?

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let count = event.metadata?["count"].map { "\($0)" } ?? ""
            let cause = event.metadata?["reason"].map { "\($0)" } ?? ""
            let time = event.metadata?["duration.ms"].map { " \($0)" } ?? ""
            scene.lines.withLock { $0.append("\(event.level) \(cause) \(count)\(time)") }
        }
    }

    @Test func aStormIsTwoLinesAndItsEndOne() {
        let scene = Scene()
        let log = scene.log()
        for _ in 0..<1000 { log.failed("record", because: "ledger", Away()) }
        #expect(scene.told == ["error ledger 1"])
        scene.pass(.seconds(1))
        log.failed("take", because: "ledger", Away())
        #expect(scene.told.last == "error ledger 1000")
        scene.pass(.milliseconds(500))
        log.worked("record")
        #expect(scene.told.count == 2, "a success among failures is no end")
        scene.pass(.milliseconds(500))
        log.worked("something else")
        #expect(scene.told.count == 2, "who never failed knows nothing of the end")
        log.worked("record")
        log.worked("record")
        #expect(scene.told == ["error ledger 1", "error ledger 1000", "notice ledger 1001 2000"])
    }

    @Test func aLongOutageIsToldOfEverMoreRarely() {
        let scene = Scene()
        let log = scene.log()
        for _ in 0..<600 {
            log.failed("record", because: "ledger", Away())
            scene.pass(.milliseconds(100))
        }
        #expect(scene.told.count <= 8 && scene.told.count >= 5, "\(scene.told)")
    }

    @Test func causesAreToldApart() {
        let scene = Scene()
        let log = scene.log()
        log.failed("record", because: "ledger", Away())
        log.failed("settle", because: "queue", Away())
        scene.pass(.seconds(2))
        log.worked("settle")
        #expect(scene.told == ["error ledger 1", "error queue 1", "notice queue 1 2000"])
    }
}
