import ArgumentParser

struct FleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Show workers: how many are wanted and ready, why, their load and who runs them (admin keys only).",
        discussion: """
            WORKERS: a set of workers, * for one that serves all pools, with the reason for its size. Below it what \
            that was drawn from: NOT FED are lines of batches that are not in the queue yet, WANTED/S jobs that would \
            have to begin per second, GRANTED/S those that limits let begin, SERVICE how long one is in a worker's \
            hands, CALLS how many have to run at once. BLIND: no scheduler plans, and the count is held.

            FLEET rows: the processes that start and stop workers (penstockd up, penstockd fleet); FAILING counts \
            workers that end again and again before they are ready. What is not known, or has no limit, is -.

            Examples:
              penstock fleet
              penstock fleet --watch
              penstock fleet --watch --json --interval 10 >> fleet.jsonl
              penstock fleet --json | jq '.sets[] | {id, desired, ready, reason}'

            \(ExitCodeText.usual)
            """
    )

    @Flag(help: "Look again and again; on a terminal it redraws until q, Ctrl-D or Ctrl-C.")
    var watch = false

    @OptionGroup var looks: LookOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let isLive = watch && !format.json && TextChannel.output.terminal.isTerminal
        // A screen shows trouble itself, and looks again anyway.
        try await connection.withAPI(retry: isLive ? .never : ExchangeRetry()) { api in
            let source = FleetSource(api: api)
            let picture = FleetPicture(address: api.address.text, interval: looks.pause)
            guard !isLive else {
                return try await LiveDisplay(picture: picture, interval: looks.pause) { try await source.look() }.run()
            }
            try await Repetition(interval: looks.pause, isOnce: !watch).run {
                try await show(source, picture, on: .output)
                return watch
            }
        }
    }

    private func show(_ source: FleetSource, _ picture: FleetPicture, on output: TextChannel) async throws {
        guard !format.json else { return try output.json(try await source.object()) }
        let fleet = try await source.look()
        let terminal = output.terminal
        guard watch else {
            let report = FleetReport(fleet: fleet)
            for line in report.lines(width: terminal.width, colour: terminal.hasColour) { try output.line(line) }
            return
        }
        var picture = picture
        picture.record(fleet)
        for line in picture.lines(terminal) + [""] { try output.line(line) }
    }
}
