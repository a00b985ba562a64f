import ArgumentParser

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what is wrong with a set-up, step by step.",
        discussion: """
            Looks at the address, the clocks, the key, the models, the webhook endpoints and, with an admin's key, at \
            pools, workers and targets. Changes nothing. What keeps it from going on is told on standard error, and \
            with --json also as the last finding.

            Examples:
              penstock doctor
              penstock doctor --json | jq -r 'select(.grade == "bad").text'

            Exit codes: 0 all is well, 1 something is wrong, 4 the server cannot be reached, 64 wrong usage.
            """
    )

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        var isWell = true
        do {
            try await connection.withAPI { api in
                try await Examination(api: api) { finding in
                    if finding.grade == .bad { isWell = false }
                    try show(finding)
                }
                .run()
            }
        } catch let error as CLIError {
            if format.json { try show(Finding(error)) }
            throw error
        }
        if !isWell { try CommandStatus.failure.throwUnlessSuccess() }
    }

    private func show(_ finding: Finding) throws {
        let output = TextChannel.output
        if format.json { return try output.foreign(finding.json + [UInt8(ascii: "\n")]) }
        let mark = Style.paint(finding.grade.mark, finding.grade.style, colour: output.terminal.hasColour)
        try output.line("\(mark)  \(finding.text.printable)")
        if let advice = finding.advice { try output.line("       \(advice.printable)") }
    }
}
