import Glibc
import JSON
import Synchronization
import TestSupport
import Testing

@testable import penstock

/// `penstock top` against a scripted server, with and without a terminal.
@Suite(.timeLimit(.minutes(1))) struct LiveTopTests {
    private static let entering = "\u{1B}[?1049h"
    private static let leaving = "\u{1B}[?1049l"

    /// A server that knows no fleet, so that every look is two requests: the pools, and a fleet that is not there. Every
    /// look finds more tokens served: acme and globex get the same, although their weights are 1 and 3.
    private static let growing: ScriptedServer.Script = { request, number in
        request.path == "/v1/admin/pools"
            ? .json(Samples.pools((number * 1000, number * 1000), taken: number * 10))
            : .error(404, code: "not_found", message: "No \(request.target).")
    }

    /// Runs `top` on a terminal; `body` presses keys and looks.
    private func live(
        _ arguments: [String] = [],
        rows: UInt16 = 40,
        script: @escaping ScriptedServer.Script = growing,
        body: (PseudoTerminal, pid_t, ScriptedServer) async throws -> Void
    ) async throws -> (CLIRun.Outcome, PseudoTerminal) {
        let terminal = try PseudoTerminal(columns: 100, rows: rows)
        let outcome = try await ScriptedServer.run(script) { server in
            var run = CLIRun(["top", "--interval", "0.5"] + arguments, url: server.url)
            run.output = .descriptor(terminal.program)
            run.input = terminal.program
            return try await run.outcome { pid in try await body(terminal, pid, server) }
        }
        return (outcome, terminal)
    }

    /// Waits until the kernel shows the process as stopped (T) or ended (Z).
    private static func waitForState(_ state: String, of pid: pid_t) async throws {
        while !TestFiles.contents("/proc/\(pid)/stat").contains(") \(state) ") {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test func onceIsOneTableOfTwoLooks() async throws {
        try await ScriptedServer.run(Self.growing) { server in
            let outcome = try await CLIRun(["top", "--once", "--interval", "0.5", "--tenants", "7"], url: server.url)
                .outcome()
            #expect(outcome.exitCode == 0, "\(outcome.notes)")
            let look = ["/v1/admin/pools?tenants=7", "/v1/admin/fleet"]
            #expect(server.requests.map(\.target) == look + look)
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.count { $0.hasPrefix("POOL default") } == 1)
            #expect(lines.contains { $0.hasPrefix("acme") && $0.contains("50%     2.00") })
            #expect(!outcome.output.contains("\u{1B}"))
        }
    }

    @Test func onceForScriptsIsOneLookAtOnce() async throws {
        try await ScriptedServer.run(Self.growing) { server in
            let outcome = try await CLIRun(["top", "--once", "--json"], url: server.url).outcome()
            #expect(outcome.exitCode == 0)
            #expect(server.requests.count == 2)
            let root = try JSONDocument(parsing: Array(outcome.output.utf8)).root
            #expect(root["at"]?.int64 ?? 0 > 1_700_000_000)
            #expect(root["pools"]?.elements.first { _ in true }?["id"]?.string == "default")
        }
    }

    @Test func withoutATerminalTablesFollowEachOtherThroughTrouble() async throws {
        let script: ScriptedServer.Script = { request, number in
            number == 3 ? .error(500, code: "internal", message: "Restarting.") : Self.growing(request, number)
        }
        try await ScriptedServer.run(script) { server in
            let outcome = try await CLIRun(["top", "--interval", "0.5"], url: server.url).outcome { pid in
                while server.requests.count < 8 { try await Task.sleep(for: .milliseconds(5)) }
                kill(pid, SIGTERM)
            }
            #expect(outcome.exitCode == 128 + SIGTERM)
            #expect(outcome.output.split(separator: "\n").count { $0.hasPrefix("POOL default") } >= 2)
            #expect(outcome.notes.contains("Restarting."))
        }
    }

    @Test func aPoolThatDoesNotExistIsTold() async throws {
        try await ScriptedServer.run(Self.growing) { server in
            let outcome = try await CLIRun(["top", "--once", "--pool", "other"], url: server.url).outcome()
            #expect(outcome.exitCode == 1)
            #expect(outcome.notes.contains("there is no pool other; there are: default"))
        }
    }

    @Test func aKeyThatIsNoAdminsLeavesTheTerminalAsItWas() async throws {
        let script: ScriptedServer.Script = { _, _ in .error(403, code: "forbidden", message: "Admin keys only.") }
        let (outcome, terminal) = try await live(script: script) { _, _, _ in }
        #expect(outcome.exitCode == 1)
        #expect(outcome.notes.contains("Admin keys only."))
        #expect(terminal.drawn().hasSuffix(Self.leaving))
        #expect(terminal.isCooked)
    }

    @Test func aServerThatWasNeverSeenEndsIt() async throws {
        let terminal = try PseudoTerminal(columns: 100)
        var run = CLIRun(["top"], url: "http://127.0.0.1:\(try Loopback.freePort())")
        run.output = .descriptor(terminal.program)
        run.input = terminal.program
        let outcome = try await run.outcome()
        #expect(outcome.exitCode == 4)
        #expect(outcome.notes.contains("cannot connect to"))
        #expect(terminal.drawn().hasSuffix(Self.leaving))
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func signalsRestoreTheTerminal(number: Int32) async throws {
        let (outcome, terminal) = try await live { terminal, pid, _ in
            let drawn = try await terminal.waitFor("acme")
            #expect(drawn.contains(Self.entering))
            #expect(!terminal.isCooked)
            kill(pid, number)
        }
        #expect(outcome.exitCode == 128 + number)
        #expect(terminal.drawn().hasSuffix("\u{1B}[?7h\u{1B}[?25h" + Self.leaving))
        #expect(terminal.isCooked)
    }

    @Test(arguments: ["q", "\u{4}"]) func keysAndTheEndOfTheInputLeave(key: String) async throws {
        let (outcome, terminal) = try await live { terminal, _, _ in
            try await terminal.waitFor("acme")
            terminal.type(key)
        }
        #expect(outcome.exitCode == 0)
        #expect(terminal.drawn().hasSuffix(Self.leaving))
        #expect(terminal.isCooked)
    }

    @Test func leavingDoesNotWaitForTheServer() async throws {
        let gate = Gate()
        let script: ScriptedServer.Script = { request, number in
            if number > 2 { gate.wait() }
            return Self.growing(request, number)
        }
        let (outcome, _) = try await live(script: script) { terminal, pid, server in
            while server.requests.count < 3 { try await Task.sleep(for: .milliseconds(5)) }
            try await terminal.waitFor("acme")
            terminal.type("q")
            try await Self.waitForState("Z", of: pid)
            #expect(!gate.hasPassed)
            gate.open()
        }
        #expect(outcome.exitCode == 0)
    }

    @Test func ratesAppearWithTheSecondLookInColour() async throws {
        let (_, _) = try await live { terminal, _, _ in
            let drawn = try await terminal.waitFor("2.00")
            #expect(drawn.contains("\u{1B}[33m2.00\u{1B}[0m"))
            terminal.type("q")
        }
    }

    @Test func aSmallWindowIsNotOverrunAndALargerOneIsFilled() async throws {
        let (_, _) = try await live(rows: 5) { terminal, pid, _ in
            let drawn = try await terminal.waitFor("more lines")
            #expect(!drawn.contains("acme"))
            let first = try #require(drawn.split(separator: "\u{1B}[H").last { $0.contains("more lines") })
            #expect(first.split(separator: "\r\n").count == 5)
            try terminal.resize(columns: 100, rows: 40)
            kill(pid, SIGWINCH)
            try await terminal.waitFor("acme")
            terminal.type("q")
        }
    }

    @Test func anOutageIsShownAboveWhatWasSeenLast() async throws {
        let script: ScriptedServer.Script = { request, number in
            number == 3 ? .error(503, code: "overloaded", message: "Busy now.") : Self.growing(request, number)
        }
        let (outcome, _) = try await live(script: script) { terminal, _, server in
            let drawn = try await terminal.waitFor("Busy now.")
            #expect(drawn.contains("acme"))
            while server.requests.count < 5 { try await Task.sleep(for: .milliseconds(5)) }
            terminal.type("q")
        }
        #expect(outcome.exitCode == 0)
        #expect(outcome.notes == "")
    }

    @Test func suspendingGivesTheTerminalBackMeanwhile() async throws {
        let (outcome, terminal) = try await live { terminal, pid, _ in
            try await terminal.waitFor("acme")
            kill(pid, SIGTSTP)
            try await terminal.waitFor(Self.leaving)
            try await Self.waitForState("T", of: pid)
            #expect(terminal.isCooked)
            kill(pid, SIGCONT)
            try await terminal.waitFor(Self.entering)
            terminal.type("q")
        }
        #expect(outcome.exitCode == 0)
        #expect(terminal.isCooked)
    }
}

/// Holds a script until the test opens it.
private final class Gate: Sendable {
    private let ends: (reading: Int32, writing: Int32)
    private let passed = Atomic(false)

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        self.ends = (ends[0], ends[1])
    }

    deinit {
        close(ends.reading)
        close(ends.writing)
    }

    /// Blocks the script's thread; later calls return at once too.
    func wait() {
        var poller = pollfd(fd: ends.reading, events: Int16(POLLIN), revents: 0)
        _ = poll(&poller, 1, 30_000)
        passed.store(true, ordering: .relaxed)
    }

    /// Whether somebody got through.
    var hasPassed: Bool { passed.load(ordering: .relaxed) }

    func open() {
        var byte: UInt8 = 1
        _ = write(ends.writing, &byte, 1)
    }
}
