import ArgumentParser
import Assembly

/// What all commands that read settings share.
struct SettingsOption: ParsableArguments {
    @Option(name: .long, help: "The settings file (YAML); `penstockd settings` prints the reference.")
    var settings: String
}

/// All roles on one machine.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run all roles as supervised processes on this machine, with as many workers as are wanted."
    )
    @OptionGroup var options: SettingsOption

    func run() async throws {
        try await Launch.fleet(options.settings, hasAllRoles: true)
    }
}

/// Workers on one more machine.
struct FleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Run this machine's share of the workers that are wanted, and nothing else.",
        discussion: """
            Schedulers say how many workers there should be; any number of fleets on any number of machines share them. \
            The first machine usually runs `penstockd up`, further ones this.
            """
    )
    @OptionGroup var options: SettingsOption

    func run() async throws {
        try await Launch.fleet(options.settings, hasAllRoles: false)
    }
}

/// The HTTP API.
struct IntakeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "intake", abstract: "Run the HTTP API.")
    @OptionGroup var options: SettingsOption

    func run() async throws {
        try await Launch.role(.intake, options.settings)
    }
}

/// Batches, expiry, retries, recovery.
struct SchedulerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scheduler",
        abstract: "Run what no single job drives: batches, expiry, retries, recovery."
    )
    @OptionGroup var options: SettingsOption

    func run() async throws {
        try await Launch.role(.scheduler, options.settings)
    }
}

/// Provider calls.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run a worker: provider calls.",
        discussion: """
            SIGTERM ends it within worker.drain_seconds; SIGUSR1 lets it finish every call that runs, however long.
            """
    )
    @OptionGroup var options: SettingsOption
    @Option(help: "Serve this pool alone.")
    var pool: String?

    func run() async throws {
        try await Launch.role(.worker, options.settings, pool: pool)
    }
}

/// One provider call, ordered by a worker.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: IsolatedCalls.command,
        abstract: "Make one provider call apart from all others; started by workers for jobs that workers died of.",
        shouldDisplay: false
    )
    @OptionGroup var options: SettingsOption

    func run() async throws {
        try await Launch.isolatedCall(options.settings)
    }
}

/// A provider to try things with.
struct SimulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulator",
        abstract: "Run a simulated provider that speaks the OpenAI and Anthropic dialects."
    )
    @OptionGroup var options: SettingsOption

    func run() async throws {
        try await Launch.role(.simulator, options.settings)
    }
}

/// Webhooks.
struct CourierCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "courier",
        abstract: "Run a courier: delivers webhooks that are due in the ledger."
    )
    @OptionGroup var options: SettingsOption

    func run() async throws {
        try await Launch.role(.courier, options.settings)
    }
}
