import ArgumentParser

/// The server: one binary, a role per process.
@main
struct PenstockDaemon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstockd",
        abstract: "Penstock's server: an asynchronous gateway for LLM jobs.",
        discussion: """
            On one machine, `penstockd up` runs everything; `penstockd fleet` adds another machine's workers. On several, \
            run the roles as you like: all are stateless, \
            and any number of each may run on one Redis and one ledger.

            The first admin key:  penstockd keys create --tenant ops --name first --admin --settings FILE
            """,
        version: "0.1.0",
        subcommands: [
            UpCommand.self, FleetCommand.self, IntakeCommand.self, SchedulerCommand.self, WorkerCommand.self,
            CourierCommand.self,
            SimulatorCommand.self, CallCommand.self,
            CheckCommand.self, KeysCommand.self, SettingsCommand.self,
        ]
    )
}
