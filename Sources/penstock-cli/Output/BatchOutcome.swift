/// How a batch ended, for the commands that followed it.
struct BatchOutcome {
    let batch: Batch
    let isJSON: Bool

    /// The batch, or what was wrong with its input.
    func show(on output: TextChannel) throws(CLIError) {
        if isJSON { return try output.json(batch.json) }
        guard batch.status == "failed" else { return try output.details(batch.details(now: TimeText.now)) }
        try output.line("The input of batch \(batch.id.printable) is invalid; nothing ran.")
        if !batch.problems.isEmpty { try output.table(BatchProblem.table(batch.problems)) }
    }

    /// What may be done next.
    func suggest(on notes: TextChannel) {
        guard !isJSON, !batch.nextSteps.isEmpty else { return }
        notes.note("Next:")
        batch.nextSteps.forEach { notes.note("  \($0)".printable) }
    }
}

extension Batch {
    /// Tells of a batch that was just made: its id on standard output, the rest on standard error.
    func announce(json isJSON: Bool) throws(CLIError) {
        if isJSON { return try TextChannel.output.json(json) }
        TextChannel.notes.note("Batch created; it runs by itself. Next:")
        nextSteps.forEach { TextChannel.notes.note("  \($0)".printable) }
        try TextChannel.output.line(id.printable)
    }
}
