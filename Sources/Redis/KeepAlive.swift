/// Notices a connection that died silently: asks after a quiet interval, gives up after a second one.
struct KeepAlive {
    enum Action { case none, ping, giveUp }

    private var heard = false
    private var isAsking = false

    mutating func received() {
        heard = true
        isAsking = false
    }

    /// Once per interval. `isBusy` connections owe replies, whose deadlines watch over them.
    mutating func tick(isBusy: Bool) -> Action {
        defer { heard = false }
        if isAsking { return .giveUp }
        if heard || isBusy { return .none }
        isAsking = true
        return .ping
    }
}
