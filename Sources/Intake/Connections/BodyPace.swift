/// How fast a body has to come. Only the time counts in which the client is waited for, not what the server needs.
package struct BodyPace: Sendable {
    /// After the grace time; 0 for any.
    package var minBytesPerSecond: Int
    /// A body may be slower for so long. The rest of a refused one is read for so long, too.
    package var grace: Duration

    package init(minBytesPerSecond: Int = 256, grace: Duration = .seconds(15)) {
        self.minBytesPerSecond = minBytesPerSecond
        self.grace = grace
    }

    /// Whether a body of which `bytes` came while the client was waited for `waited` is too slow.
    func isTooSlow(_ bytes: Int, in waited: Duration) -> Bool {
        guard waited > grace else { return false }
        let due = (waited - grace) / .seconds(1) * Double(minBytesPerSecond)
        return Double(bytes) < due
    }
}
