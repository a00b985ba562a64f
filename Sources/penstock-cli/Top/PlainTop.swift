import JSON

/// `penstock top` without a terminal, or once: tables or JSON under each other.
struct PlainTop {
    let source: PoolsSource
    let interval: Duration
    let isOnce: Bool

    /// Tables. The first ones come with the second look: rates need two.
    func tables(on output: TextChannel) async throws {
        var history = LookHistory()
        try await repeating {
            history.record(try await source.look())
            guard history.looks.count > 1 else { return true }
            let report = TopReport(history: history, address: source.api.address.text, interval: interval)
            for line in report.lines(output.terminal) { try output.line(line) }
            guard !isOnce else { return false }
            try output.line()
            return true
        }
    }

    /// One object per look: `{"at": unix seconds, "pools": […]}`.
    func json(on output: TextChannel) async throws {
        try await repeating {
            let pools = try await source.objects()
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("at", TimeText.now)
                writer.key("pools")
                writer.array { writer in
                    for pool in pools { writer.raw(pool.rawBytes) }
                }
            }
            try output.write(writer.bytes + [UInt8(ascii: "\n")])
            return !isOnce
        }
    }

    /// Looks until `look` says that it was enough or the reader goes; through trouble that passes, once the server was seen.
    private func repeating(_ look: () async throws -> Bool) async throws {
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
