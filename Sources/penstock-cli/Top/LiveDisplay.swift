import ArgumentParser
import Glibc

/// Draws every look on a terminal until somebody leaves.
struct LiveDisplay<Shown: Picture>: Sendable {
    private enum Event: Sendable {
        case look(Shown.Look)
        /// The server does not answer now; what was seen last stays.
        case trouble(CLIError)
        case failed(CLIError)
        case terminal(TerminalEvent)
    }

    /// Before the first look.
    let picture: Shown
    let interval: Duration
    /// Asks the server.
    let look: @Sendable () async throws -> Shown.Look

    func run() async throws {
        let input = isatty(STDIN_FILENO) == 1 ? STDIN_FILENO : nil
        let (events, reports) = AsyncStream.makeStream(of: Event.self)
        let watch = try TerminalWatch(input: input) { reports.yield(.terminal($0)) }
        let screen = LiveScreen(.output, input: input)
        defer {
            screen.leave()
            watch.stop()
        }
        try screen.enter()
        let looks = Task { await keepLooking { reports.yield($0) } }
        defer { looks.cancel() }
        try await show(events, on: screen)
    }

    private func keepLooking(_ report: (Event) -> Void) async {
        while !Task.isCancelled {
            do {
                report(.look(try await look()))
            } catch let error as CLIError {
                report(error.isTransient ? .trouble(error) : .failed(error))
            } catch {
                return
            }
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    private func show(_ events: AsyncStream<Event>, on screen: LiveScreen) async throws {
        var picture = picture
        var trouble: String?
        for await event in events {
            switch event {
            case .look(let look):
                picture.record(look)
                trouble = nil
            case .trouble(let error):
                // Before the first look there is nothing to go on with.
                if picture.isEmpty { throw error }
                trouble = error.text
            case .failed(let error): throw error
            case .terminal(.resized): break
            case .terminal(.left): return
            case .terminal(.ended(let signal)): throw ExitCode(128 + signal)
            case .terminal(.suspended):
                screen.leave()
                // To this thread: one sent to the process may stop it only when the screen is up again.
                raise(SIGSTOP)
                try screen.enter()
            }
            let lines = picture.lines(screen.terminal, trouble: trouble, hint: "q leaves")
            try screen.draw(lines, forMore: Shown.forMore)
            if TextChannel.output.readerIsGone { return }
        }
    }
}
