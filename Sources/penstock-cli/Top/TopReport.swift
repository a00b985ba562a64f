/// The workers and all pools of the last look as lines of text.
struct TopReport: Picture {
    static let forMore = "--pool NAME shows one pool"

    let title: PictureTitle
    private var history = LookHistory()

    init(address: String, interval: Duration) {
        title = PictureTitle(command: "penstock top", address: address, interval: interval)
    }

    var isEmpty: Bool { history.looks.isEmpty }

    /// Whether there were enough looks to tell rates.
    var hasRates: Bool { history.looks.count > 1 }

    mutating func record(_ look: PoolsLook) {
        history.record(look)
    }

    func lines(_ terminal: Terminal, trouble: String? = nil, hint: String? = nil) -> [String] {
        var lines = title.lines(trouble: trouble, hint: hint, colour: terminal.hasColour)
        guard let look = history.looks.last else { return lines + ["", "Looking …"] }
        let workers = look.fleet.lines(colour: terminal.hasColour)
        if !workers.isEmpty { lines += [""] + workers }
        if look.pools.isEmpty { lines += ["", "There are no pools."] }
        for pool in look.pools {
            let report = PoolReport(pool: pool, difference: history.difference(of: pool.id))
            lines += [""] + report.lines(width: terminal.width, colour: terminal.hasColour)
        }
        return lines
    }
}
