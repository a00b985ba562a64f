import ArgumentParser
import Assembly
import Glibc

/// Starts processes; says what is wrong in one line and exits with 78 when the set-up is.
enum Launch {
    static func role(_ role: Role, _ path: String, pool: String? = nil) async throws {
        let settings = try load(path, withSecrets: role == .worker)
        let logger = ProcessSetup.start(settings, role: role.rawValue)
        let program = ThisProgram(executable: try executable(), settingsFile: path)
        try await explained {
            try await RoleRunner(role, settings, pool: pool, program: program, logger: logger).run()
        }
    }

    /// - Parameter hasAllRoles: else only workers run.
    static func fleet(_ path: String, hasAllRoles: Bool) async throws {
        var settings = try load(path, withSecrets: true)
        // Workers read their own.
        settings.forgetCredentials()
        let logger = ProcessSetup.start(settings, role: hasAllRoles ? "up" : "fleet")
        try await explained {
            let program = ThisProgram(executable: try executable(), settingsFile: path)
            try await FleetRunner(settings, program: program, logger: logger).run(hasAllRoles: hasAllRoles)
        }
    }

    static func isolatedCall(_ path: String) async throws {
        let settings = try load(path, withSecrets: true)
        let logger = ProcessSetup.start(settings, role: IsolatedCalls.command)
        try await explained { try await IsolatedCalls.run(settings, logger: logger) }
    }

    static func load(_ path: String, withSecrets: Bool) throws -> Settings {
        do {
            return try Settings.load(path, withSecrets: withSecrets)
        } catch {
            throw fail("\(error)", EX_CONFIG)
        }
    }

    static func explained(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as SettingsError {
            throw fail("\(error)", EX_CONFIG)
        } catch {
            throw fail("\(error)", EX_UNAVAILABLE)
        }
    }

    private static func fail(_ message: String, _ code: CInt) -> ExitCode {
        let line = Array("penstockd: \(message)\n".utf8)
        // Nobody is left to tell when standard error is gone.
        _ = write(STDERR_FILENO, line, line.count)
        return ExitCode(code)
    }

    private static func executable() throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        guard count > 0 else { throw SettingsError("this program's own path cannot be found") }
        return String(decoding: buffer[0..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
