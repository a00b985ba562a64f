/// Takes a wish up at once and down slowly: to the largest one of a window, by half at most, one step in a sixth of it.
/// Until it knows a whole window it never goes down.
package struct WishHistory: Sendable, Equatable {
    /// After a longer silence nobody knows what was wanted meanwhile.
    private static let longestGap = Duration.seconds(5)

    /// A wish and the last moment at which it was held.
    package struct Entry: Sendable, Equatable {
        package var count: Int
        package var at: Timestamp

        package init(count: Int, at: Timestamp) {
            self.count = count
            self.at = at
        }
    }

    /// Since when it is kept without a gap.
    package private(set) var began: Timestamp?
    /// Wishes of the window, the newest last; each is smaller than the one before it, which outweighs it while it lasts.
    package private(set) var entries: [Entry]
    /// What was last settled on, since when, and when it last went down.
    package private(set) var count: Int?
    package private(set) var since: Timestamp?
    package private(set) var steppedDown: Timestamp?

    package init(
        began: Timestamp? = nil,
        entries: [Entry] = [],
        count: Int? = nil,
        since: Timestamp? = nil,
        steppedDown: Timestamp? = nil
    ) {
        self.began = began
        self.entries = entries
        self.count = count
        self.since = since
        self.steppedDown = steppedDown
    }

    /// - Parameters:
    ///   - wish: what would be right now.
    ///   - ready: workers that there are: without a memory, none of them is thought too many.
    ///   - most: what settings and machines allow, which holds at once.
    /// - Returns: how many there should be.
    package mutating func settle(_ wish: Int, ready: Int, most: Int, window: Duration, at now: Timestamp) -> Int {
        note(wish, window, at: now)
        let knowsWindow = began.map { now.since($0) >= window } ?? false
        let present = max(count ?? ready, knowsWindow ? 0 : ready)
        let next = min(most, max(wish, down(from: present, window, knowsWindow, at: now)))
        if next < present { steppedDown = now }
        if next != count { since = now }
        count = next
        return next
    }

    private mutating func note(_ wish: Int, _ window: Duration, at now: Timestamp) {
        if let last = entries.last, now < last.at || now.since(last.at) > Self.longestGap {
            (entries, began) = ([], nil)
        }
        began = began ?? now
        entries.removeAll { $0.count <= wish || now.since($0.at) > window }
        entries.append(Entry(count: wish, at: now))
    }

    private func down(from present: Int, _ window: Duration, _ knowsWindow: Bool, at now: Timestamp) -> Int {
        let largest = entries.first?.count ?? present
        guard largest < present else { return present }
        let isRested = steppedDown.map { now.since($0) >= window / 6 } ?? true
        guard knowsWindow, isRested else { return present }
        return max(largest, present / 2)
    }
}
