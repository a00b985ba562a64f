/// Looks again and again without a screen.
struct Repetition {
    let interval: Duration
    /// Whether trouble ends it at once.
    let isOnce: Bool

    /// Looks until `look` says that it was enough or the reader goes; through trouble that passes, once the server was seen.
    func run(_ look: () async throws -> Bool) async throws {
        var wasSeen = false
        var isTrouble = false
        while !TextChannel.output.readerIsGone {
            do {
                guard try await look() else { return }
                wasSeen = true
                isTrouble = false
            } catch let error as CLIError where error.isTransient && wasSeen && !isOnce {
                if !isTrouble {
                    TextChannel.notes.note("\(error.text)\nLooking again every \(TimeText.span(interval)).")
                }
                isTrouble = true
            }
            try await Task.sleep(for: interval)
        }
    }
}
