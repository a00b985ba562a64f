import Glibc
import Logging
import Penstock
import TestSupport
import Testing

@testable import Ledger

/// What was answered is there after `kill -9`.
@Suite struct SQLiteCrashTests {
    private static let directoryVariable = "PENSTOCK_TEST_LEDGER_CRASH"

    /// Not a test: the process that is killed. It writes until then, and notes every row that was answered.
    @Test(.enabled(if: getenv(directoryVariable) != nil))
    func writer() async throws {
        let path = String(cString: try #require(getenv(Self.directoryVariable)))
        let ledger = try SQLiteLedger(directory: path + "/ledger", logger: Logger(label: "writer"))
        let answered = open(path + "/answered", O_CREAT | O_WRONLY | O_APPEND, 0o600)
        _ = try await concurrently(16) { _ in
            while true {
                let row = Sample.succeeded(Sample.job())
                let attempt = Sample.attempt(of: Sample.job())
                guard try await ledger.record(Completion(attempt: attempt, terminal: row)) == .won else { continue }
                let line = Array((row.job.text + "\n").utf8)
                guard write(answered, line, line.count) == line.count else { return }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func answeredRowsSurviveKill() async throws {
        let directory = try TemporaryDirectory()
        for round in 1...3 {
            let child = try ChildProcess(
                Self.ownProgram(),
                ["--testing-library", "swift-testing", "--filter", "SQLiteCrashTests/writer"],
                environment: [Self.directoryVariable: directory.path],
                output: directory.file("output")
            )
            while try answered(in: directory).count < round * 300, child.exitStatus == nil {
                try await Task.sleep(for: .milliseconds(5))
            }
            child.signal(SIGKILL)
            #expect(try await child.wait() == .signalled(SIGKILL))
            try await expectAnsweredRows(in: directory)
        }
        try await directory.remove()
    }

    /// This program's file; `/proc/self` would mean the launcher that starts the child.
    private static func ownProgram() throws -> String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard readlink("/proc/self/exe", &path, path.count - 1) > 0 else {
            throw TestSupportError("readlink: \(errno)")
        }
        return String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func expectAnsweredRows(in directory: TemporaryDirectory) async throws {
        let ledger = try SQLiteLedger(directory: directory.file("ledger"), logger: Logger(label: "reader"))
        let jobs = try answered(in: directory)
        #expect(jobs.count >= 300)
        for job in jobs { #expect(try await ledger.terminalRow(of: job) != nil) }
        // A row and its attempt are one commit: there are as many of either.
        let rows = try await ledger.finishedJobs(of: Sample.tenant, state: nil, after: nil, limit: 1_000_000).count
        let calls = try await ledger.costs(of: nil, since: nil, until: nil, by: .total).first?.calls
        #expect(rows == calls)
        try await ledger.close()
    }

    private func answered(in directory: TemporaryDirectory) throws -> [JobID] {
        guard let file = fopen(directory.file("answered"), "r") else { return [] }
        defer { fclose(file) }
        var jobs: [JobID] = []
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, CInt(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 10 && $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            // The last line may be torn.
            if text.utf8.count == 30 { jobs.append(JobID(text)) }
        }
        return jobs
    }
}
