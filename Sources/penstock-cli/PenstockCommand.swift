import ArgumentParser
import Glibc

/// The program: parses, runs, and turns errors into messages and exit codes.
@main
struct PenstockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock",
        abstract: "Submit LLM work to a Penstock server, follow it, and see what it costs.",
        discussion: """
            A first batch:
              export PENSTOCK_API_KEY=psk_...
              penstock submit requests.jsonl --wait --output results.jsonl

            Environment:
              PENSTOCK_URL      the server's address (default \(ServerAddress.standard))
              PENSTOCK_API_KEY  the API key (or --api-key-file FILE)
              NO_COLOR          switches colours off

            Exit codes: 0 ok, 1 error, 2 some of the work failed, expired or was cancelled, \
            3 the batch's input is invalid, 4 the server cannot be reached, 64 wrong usage, 130 Ctrl-C.
            """,
        subcommands: [
            SubmitCommand.self, AskCommand.self, StatusCommand.self, WatchCommand.self, ResultsCommand.self,
            CancelCommand.self, RetryCommand.self, RequeueCommand.self, ChangeCommand.self, PauseCommand.self,
            ResumeCommand.self, JobsCommand.self, BatchesCommand.self, FilesCommand.self, WebhooksCommand.self,
            CostCommand.self, ModelsCommand.self, TopCommand.self, FleetCommand.self, KeysCommand.self,
            TenantsCommand.self, DoctorCommand.self, CompletionCommand.self,
        ]
    )

    static func main() async {
        // A reader that went away is seen as EPIPE where we write.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try await asyncParseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as CLIError {
            let channel = TextChannel.notes
            let label = Style.paint("error:", .bad, colour: channel.terminal.hasColour)
            channel.note("\(label) \(error.text)")
            Glibc.exit(error.status.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
