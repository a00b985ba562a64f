import Glibc
import TestSupport

/// The built program as a child process.
struct CLIRun: Sendable {
    struct Outcome: Sendable {
        let exitCode: Int32
        let output: String
        let notes: String
    }

    /// Where one of the child's streams goes.
    enum Stream {
        case captured
        /// A descriptor of ours; stays open here.
        case descriptor(Int32)
    }

    /// The binary stands beside the test bundle.
    static let binary: String = {
        let path = realpath("/proc/self/exe", nil)
        defer { free(path) }
        let bundle = path.map { String(cString: $0) } ?? ""
        return bundle.prefix(upTo: bundle.lastIndex(of: "/") ?? bundle.startIndex) + "/penstock"
    }()

    var arguments: [String]
    var environment: [String: String]
    var output = Stream.captured
    var notes = Stream.captured
    /// A descriptor of ours that the child reads from; nil for none.
    var input: Int32?

    /// Runs the program once against a server that answers by a script.
    static func run(_ arguments: [String], script: @escaping ScriptedServer.Script) async throws
        -> (outcome: Outcome, requests: [SeenRequest])
    {
        try await ScriptedServer.run(script) { server in
            (try await CLIRun(arguments, url: server.url).outcome(), server.requests)
        }
    }

    init(_ arguments: [String], url: String?, key: String? = "psk_test") {
        self.arguments = arguments
        environment = ["PATH": "/usr/bin:/bin", "TERM": "xterm"]
        environment["PENSTOCK_URL"] = url
        environment["PENSTOCK_API_KEY"] = key
    }

    /// Runs to the end.
    ///
    /// - Parameter whileRunning: gets the child's pid.
    func outcome(whileRunning: (pid_t) async throws -> Void = { _ in }) async throws -> Outcome {
        try await TestFiles.inDirectory { directory in
            let outputPath = directory.file("out")
            let notesPath = directory.file("err")
            let pid = try spawn(outputPath: outputPath, notesPath: notesPath)
            do {
                try await whileRunning(pid)
            } catch {
                kill(pid, SIGKILL)
                _ = await Self.exitCode(of: pid)
                throw error
            }
            return Outcome(
                exitCode: await Self.exitCode(of: pid),
                output: TestFiles.contents(outputPath),
                notes: TestFiles.contents(notesPath)
            )
        }
    }

    private func spawn(outputPath: String, notesPath: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        for (target, stream, path) in [(1, output, outputPath), (2, notes, notesPath)] as [(Int32, Stream, String)] {
            switch stream {
            case .captured: posix_spawn_file_actions_addopen(&actions, target, path, O_WRONLY | O_CREAT, 0o600)
            case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, target)
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Pool threads block signals and have children inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var pid = pid_t()
        let code = Self.withCStrings([Self.binary] + arguments) { arguments in
            Self.withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&pid, Self.binary, &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw SocketFailure(code: code) }
        return pid
    }

    private static func withCStrings<Result>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = texts.map { strdup($0) } + [nil]
        defer { copies.forEach { free($0) } }
        return copies.withUnsafeBufferPointer { body($0.baseAddress!) }
    }

    /// Waits on a thread of its own: a blocked pool thread would keep other tests from running.
    private static func exitCode(of pid: pid_t) async -> Int32 {
        await withCheckedContinuation { (continuation: CheckedContinuation<Int32, Never>) in
            let wait = Unmanaged.passRetained(ChildWait(pid: pid, continuation: continuation)).toOpaque()
            var thread = pthread_t()
            pthread_create(
                &thread,
                nil,
                { context in
                    let wait = Unmanaged<ChildWait>.fromOpaque(context!).takeRetainedValue()
                    var status: Int32 = 0
                    while waitpid(wait.pid, &status, 0) < 0, errno == EINTR {}
                    let signal = status & 0x7F
                    wait.continuation.resume(returning: signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
                    return nil
                },
                wait
            )
            pthread_detach(thread)
        }
    }
}

private final class ChildWait: Sendable {
    let pid: pid_t
    let continuation: CheckedContinuation<Int32, Never>

    init(pid: pid_t, continuation: CheckedContinuation<Int32, Never>) {
        self.pid = pid
        self.continuation = continuation
    }
}

/// Files as tests write and look at them.
enum TestFiles {
    /// Gives a directory that exists while `body` runs.
    static func inDirectory<Result>(_ body: (TemporaryDirectory) async throws -> Result) async throws -> Result {
        let directory = try TemporaryDirectory()
        do {
            let result = try await body(directory)
            try await directory.remove()
            return result
        } catch {
            try await directory.remove()
            throw error
        }
    }

    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw SocketFailure(code: errno) }
        defer { fclose(file) }
        guard fputs(text, file) >= 0 else { throw SocketFailure(code: errno) }
    }

    /// Empty when there is no such file.
    static func contents(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What a folder holds.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
