import ArgumentParser

struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print a completion script for a shell.",
        discussion: """
            Examples:
              penstock completion bash > ~/.local/share/bash-completion/completions/penstock
              penstock completion zsh > ~/.zsh/completions/_penstock
              penstock completion fish > ~/.config/fish/completions/penstock.fish

            \(ExitCodeText.offline)
            """
    )

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "The shell.")
    var shell: Shell

    func run() throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        try TextChannel.output.line(PenstockCommand.completionScript(for: kind))
    }
}
