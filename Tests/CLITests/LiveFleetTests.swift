import Glibc
import JSON
import Testing

@testable import penstock

/// What the built program makes of a scripted server's fleet: `penstock fleet`, and the workers in `penstock top`.
@Suite(.timeLimit(.minutes(1))) struct LiveFleetTests {
    private static func script(_ fleet: Reply) -> ScriptedServer.Script {
        { request, _ in
            switch request.path {
            case "/v1/admin/pools": .json(Samples.pools())
            case "/v1/admin/fleet": fleet
            default: .error(404, code: "not_found", message: "No \(request.target).")
            }
        }
    }

    private static func json(_ text: some StringProtocol) throws -> JSONValue {
        try JSONDocument(parsing: Array(text.utf8)).root
    }

    @Test func theFleetIsShown() async throws {
        let (outcome, requests) = try await CLIRun.run(["fleet"], script: Self.script(.json(Samples.fleet())))
        #expect(outcome.exitCode == 0, "\(outcome.notes)")
        #expect(requests.map(\.target) == ["/v1/admin/fleet"])
        #expect(outcome.output.hasPrefix("WORKERS *  4 wanted  4 ready  4 of 8:"))
        #expect(outcome.output.contains("\nworker@a:123:ab12cd34"))
        #expect(!outcome.output.contains("\u{1B}"))
    }

    @Test func forScriptsItIsTheServersObject() async throws {
        let (outcome, _) = try await CLIRun.run(["fleet", "--json"], script: Self.script(.json(Samples.fleet())))
        #expect(outcome.exitCode == 0)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 1)
        #expect(try Self.json(try #require(lines.first)).text("object") == "fleet")
    }

    @Test func anOlderServerIsToldSo() async throws {
        let reply = Reply.error(404, code: "not_found", message: "No such route.")
        let (outcome, _) = try await CLIRun.run(["fleet"], script: Self.script(reply))
        #expect(outcome.exitCode == 1)
        #expect(outcome.notes.contains("does not tell of its workers"))
    }

    @Test func watchingFollows() async throws {
        try await ScriptedServer.run(Self.script(.json(Samples.fleet()))) { server in
            let run = CLIRun(["fleet", "--watch", "--interval", "0.5"], url: server.url)
            let outcome = try await run.outcome { pid in
                while server.requests.count < 3 { try await Task.sleep(for: .milliseconds(5)) }
                kill(pid, SIGTERM)
            }
            #expect(outcome.exitCode == 128 + SIGTERM)
            #expect(outcome.output.split(separator: "\n").count { $0.hasPrefix("WORKERS *") } >= 2)
        }
    }

    @Test func watchingOnATerminalRedraws() async throws {
        let terminal = try PseudoTerminal(columns: 100)
        let blind = Samples.fleet("blind", desired: "null", explanation: "the count is held")
        let outcome = try await ScriptedServer.run(Self.script(.json(blind))) { server in
            var run = CLIRun(["fleet", "--watch"], url: server.url)
            run.output = .descriptor(terminal.program)
            run.input = terminal.program
            return try await run.outcome { _ in
                try await terminal.waitFor("BLIND: the count is held")
                terminal.type("q")
            }
        }
        #expect(outcome.exitCode == 0)
        #expect(terminal.isCooked)
    }

    @Test func topHasTheFleetBesideThePools() async throws {
        let arguments = ["top", "--once", "--interval", "0.5"]
        let (table, _) = try await CLIRun.run(arguments, script: Self.script(.json(Samples.fleet())))
        let lines = table.output.split(separator: "\n")
        #expect(lines.dropFirst().first?.hasPrefix("WORKERS *  4 wanted") == true)
        let (json, _) = try await CLIRun.run(arguments + ["--json"], script: Self.script(.json(Samples.fleet())))
        #expect(try Self.json(json.output).path("fleet", "object")?.string == "fleet")
    }

    @Test(arguments: [
        Reply.error(404, code: "not_found", message: "No such route."), Reply(body: "<html>"),
        .error(503, code: "overloaded", message: "Busy.", headers: [("Retry-After", "30")]),
    ]) func topDoesWithoutTheFleet(reply: Reply) async throws {
        let arguments = ["top", "--once", "--interval", "0.5"]
        let (table, _) = try await CLIRun.run(arguments, script: Self.script(reply))
        #expect(table.exitCode == 0, "\(table.notes)")
        #expect(table.output.contains("POOL default"))
        #expect(table.output.contains("WORKERS  not known now:") == (reply.status != 404))
        let (json, _) = try await CLIRun.run(arguments + ["--json"], script: Self.script(reply))
        #expect(json.exitCode == 0)
        #expect(try Self.json(json.output)["fleet"]?.isNull == true)
    }
}
