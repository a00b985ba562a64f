import Fetch
import Fleet
package import Logging
import Penstock
import Providers

/// This program's file and its settings: what it takes to start it anew.
package struct ThisProgram: Sendable {
    package var executable: String
    package var settingsFile: String

    package init(executable: String, settingsFile: String) {
        self.executable = executable
        self.settingsFile = settingsFile
    }
}

/// Calls of suspects: `penstockd call` is the process that makes some.
package enum IsolatedCalls {
    package static let command = "call"

    static func child(of program: ThisProgram, _ settings: Settings) -> ChildSpecification {
        ChildSpecification(
            name: command,
            executable: program.executable,
            arguments: [command, "--settings", program.settingsFile],
            stopOrder: 0,
            grace: settings.worker.drain
        )
    }

    /// Makes the calls that standard input orders.
    package static func run(_ settings: Settings, logger: Logger) async throws {
        let targets = settings.topology.pools.flatMap(\.targets)
        try await CallChild.run(try settings.providerCaller(logger: logger.quietened)) { name in
            targets.first { $0.name == name }
        }
    }
}

extension Settings {
    /// What calls the targets of these settings.
    func providerCaller(logger: Logger) throws -> any ProviderCaller {
        var fetching = FetchConfiguration()
        fetching.maxConnections = max(64, worker.scaling.slots)
        return try TargetCaller(
            client: FetchClient(configuration: fetching, logger: logger),
            library: adapters,
            clock: .system
        )
    }
}
