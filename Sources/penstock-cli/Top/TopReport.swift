/// All pools of the last look as lines of text.
struct TopReport {
    let history: LookHistory
    let address: String
    let interval: Duration

    /// - Parameters:
    ///   - trouble: why the look is not a fresh one.
    ///   - hint: what the reader can do.
    func lines(_ terminal: Terminal, trouble: String? = nil, hint: String? = nil) -> [String] {
        let facts = [address, TimeText.utc(TimeText.now), "every \(TimeText.span(interval))", hint].compactMap { $0 }
        var lines = [Style.paint("penstock top  " + facts.joined(separator: "  "), .quiet, colour: terminal.hasColour)]
        if let trouble {
            lines += trouble.printableLines.split(separator: "\n").map {
                Style.paint(String($0), .bad, colour: terminal.hasColour)
            }
        }
        guard let look = history.looks.last else { return lines + ["", "Looking …"] }
        if look.pools.isEmpty { lines += ["", "There are no pools."] }
        for pool in look.pools {
            let report = PoolReport(pool: pool, difference: history.difference(of: pool.id))
            lines += [""] + report.lines(width: terminal.width, colour: terminal.hasColour)
        }
        return lines
    }
}
