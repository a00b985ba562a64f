import JSON

/// `penstock top` without a terminal, or once: tables or JSON under each other.
struct PlainTop {
    let source: PoolsSource
    let interval: Duration
    let isOnce: Bool

    private var repetition: Repetition { Repetition(interval: interval, isOnce: isOnce) }

    /// Tables. The first ones come with the second look: rates need two.
    func tables(on output: TextChannel) async throws {
        var report = TopReport(address: source.api.address.text, interval: interval)
        try await repetition.run {
            report.record(try await source.look())
            guard report.hasRates else { return true }
            for line in report.lines(output.terminal) { try output.line(line) }
            guard !isOnce else { return false }
            try output.line()
            return true
        }
    }

    /// One object per look: `{"at": unix seconds, "pools": […], "fleet": {…}}`; the fleet is null where it is unknown.
    func json(on output: TextChannel) async throws {
        try await repetition.run {
            let pools = try await source.objects()
            let fleet = await source.fleet().object
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("at", TimeText.now)
                writer.key("pools")
                writer.array { writer in
                    for pool in pools { writer.raw(pool.rawBytes) }
                }
                writer.key("fleet")
                if let fleet { writer.raw(fleet.rawBytes) } else { writer.null() }
            }
            try output.foreign(writer.bytes + [UInt8(ascii: "\n")])
            return !isOnce
        }
    }
}
