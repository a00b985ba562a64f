import Glibc
import TestSupport
import Testing

@testable import Fleet

@Suite(.timeLimit(.minutes(1))) struct SupervisorTests {
    private let quick = RestartPolicy(
        shortestDelay: .milliseconds(10),
        longestDelay: .milliseconds(100),
        healthyAfter: .seconds(60)
    )
    /// Waits for SIGTERM, then leaves the note `bye NAME`.
    private let polite = #"trap 'note "bye $0"; exit 0' TERM; note "up $0"; while :; do sleep 0.02; done"#

    @Test func aCrashedChildIsStartedAgain() async throws {
        let scene = try Scene()
        try await scene.supervise([scene.child("crasher", "note up; exit 3")], policy: quick) {
            try await scene.until { $0.count >= 3 }
        }
        try await scene.directory.remove()
    }

    @Test func aKilledChildIsStartedAgain() async throws {
        let scene = try Scene()
        let child = scene.child("victim", #"note $$; trap 'exit 0' TERM; while :; do sleep 0.02; done"#)
        try await scene.supervise([child], policy: quick) {
            try await scene.until { $0.count == 1 }
            let first = try #require(scene.notes.first.flatMap { pid_t($0) })
            kill(first, SIGKILL)
            try await scene.until { $0.count == 2 }
            #expect(scene.notes[1] != scene.notes[0])
            #expect(!exists(first))
        }
        try await scene.directory.remove()
    }

    @Test func aMissingProgramIsTriedAgain() async throws {
        let scene = try Scene()
        var child = scene.child("late", "")
        let program = scene.directory.file("program")
        child.executable = program
        try await scene.supervise([child], policy: quick) {
            let script = "#!/bin/sh\necho up >> '\(scene.directory.file("notes"))'\nexec sleep 60\n"
            let descriptor = open("\(program).new", O_WRONLY | O_CREAT, 0o700)
            _ = script.withCString { write(descriptor, $0, strlen($0)) }
            close(descriptor)
            rename("\(program).new", program)
            try await scene.until { $0 == ["up"] }
        }
        try await scene.directory.remove()
    }

    @Test func childrenEndOneAfterTheOther() async throws {
        let scene = try Scene()
        let children = [("c", 3), ("a", 1), ("b", 2)].map { name, order in
            var child = scene.child(name, stopOrder: order, polite)
            child.arguments.append(name)
            return child
        }
        try await scene.supervise(children) {
            try await scene.until { $0.count == 3 }
        }
        #expect(scene.notes.dropFirst(3) == ["bye a", "bye b", "bye c"])
        try await scene.directory.remove()
    }

    @Test func aChildThatIgnoresSIGTERMIsKilled() async throws {
        let scene = try Scene()
        let stubborn = scene.child(
            "stubborn",
            grace: .milliseconds(200),
            #"trap 'note asked' TERM; note $$; while :; do sleep 0.02; done"#
        )
        try await scene.supervise([stubborn]) {
            try await scene.until { $0.count == 1 }
        }
        #expect(scene.notes.dropFirst() == ["asked"])
        let pid = try #require(scene.notes.first.flatMap { pid_t($0) })
        #expect(!exists(pid))
        try await scene.directory.remove()
    }

    @Test func cancellationLeavesNoChildBehind() async throws {
        let scene = try Scene()
        let child = scene.child("stubborn", #"trap '' TERM; note $$; while :; do sleep 0.02; done"#)
        let run = Task { try await scene.supervise([child]) { try await Task.sleep(for: .seconds(60)) } }
        try await scene.until { $0.count == 1 }
        run.cancel()
        _ = await run.result
        let pid = try #require(scene.notes.first.flatMap { pid_t($0) })
        #expect(!exists(pid))
        try await scene.directory.remove()
    }

    @Test func noChildHoldsTheLifelineOfAnother() async throws {
        let scene = try Scene()
        let names = ["a", "b", "c"]
        let children = names.map { name in
            scene.child(name, #"ls -l /proc/$$/fd > "$NOTES.\#(name)"; note up; exec sleep 60"#)
        }
        try await scene.supervise(children) {
            try await scene.until { $0.count == 3 }
        }
        let descriptors = names.map { scene.lines("notes.\($0)") }
        for own in descriptors {
            let pipe = try #require(own.first { $0.contains(" 0 -> pipe:") }?.split(separator: " ").last)
            #expect(descriptors.joined().count { $0.hasSuffix(" \(pipe)") } == 1)
        }
        try await scene.directory.remove()
    }

    @Test func standardInputEndsWithTheSupervisorAndNotBefore() async throws {
        let scene = try Scene()
        let orphan = scene.child("orphan", #"note "up $PENSTOCK_SUPERVISED"; cat > /dev/null; note orphaned"#)
        let sibling = scene.child("sibling", "note sibling; exec sleep 60")
        let processes = [try SpawnedProcess.start(orphan), try SpawnedProcess.start(sibling)]
        try await scene.until { $0.count == 2 }
        #expect(Set(scene.notes) == ["up 1", "sibling"])
        // What the kernel does when the supervisor is gone; the sibling lives on.
        close(processes[0].lifeline)
        try await scene.until { $0.last == "orphaned" }
        var status: CInt = -1
        #expect(waitpid(processes[0].pid, &status, 0) == processes[0].pid && status == 0)
        processes[1].terminate()
        #expect(processes[1].reap() == .signalled(SIGTERM))
        try await scene.directory.remove()
    }

    @Test func aChildStartsWithDefaultSignals() async throws {
        let scene = try Scene()
        let ignored = signal(SIGUSR2, SIG_IGN)
        defer { signal(SIGUSR2, ignored) }
        // A shell cannot trap a signal that was ignored when it started.
        let child = scene.child("child", "kill -USR2 $$; note survived; exec sleep 60")
        let process = try SpawnedProcess.start(child)
        #expect(process.reap() == .signalled(SIGUSR2))
        #expect(scene.notes.isEmpty)
        try await scene.directory.remove()
    }
}
