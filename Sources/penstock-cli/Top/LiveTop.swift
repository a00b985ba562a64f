import ArgumentParser
import Glibc

/// `penstock top` on a terminal: draws every look until somebody leaves.
struct LiveTop {
    private enum Event: Sendable {
        case look(PoolsLook)
        /// The server does not answer now; what was seen last stays.
        case trouble(CLIError)
        case failed(CLIError)
        case terminal(TerminalEvent)
    }

    let source: PoolsSource
    let interval: Duration

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
        let looks = Task { await look { reports.yield($0) } }
        defer { looks.cancel() }
        try await show(events, on: screen)
    }

    private func look(_ report: (Event) -> Void) async {
        while !Task.isCancelled {
            do {
                report(.look(try await source.look()))
            } catch let error as CLIError {
                report(error.isTransient ? .trouble(error) : .failed(error))
            } catch {
                return
            }
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    private func show(_ events: AsyncStream<Event>, on screen: LiveScreen) async throws {
        var history = LookHistory()
        var trouble: String?
        for await event in events {
            switch event {
            case .look(let look):
                history.record(look)
                trouble = nil
            case .trouble(let error):
                // Before the first look there is nothing to go on with.
                if history.looks.isEmpty { throw error }
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
            try draw(history, trouble: trouble, on: screen)
            if TextChannel.output.readerIsGone { return }
        }
    }

    private func draw(_ history: LookHistory, trouble: String?, on screen: LiveScreen) throws(CLIError) {
        let terminal = screen.terminal
        let report = TopReport(history: history, address: source.api.address.text, interval: interval)
        try screen.draw(report.lines(terminal, trouble: trouble, hint: "q leaves"))
    }
}
