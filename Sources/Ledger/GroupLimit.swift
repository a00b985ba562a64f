/// How much is committed together.
struct GroupLimit: Sendable {
    /// Most writes in one group.
    var writes: Int
    /// Most bytes in one group, unless a single write has more.
    var bytes: Int

    /// How many of the waiting writes, by their bytes, go into one group: at least one.
    func size(of waiting: some Sequence<Int>) -> Int {
        var count = 0
        var total = 0
        for size in waiting {
            total += size
            if count > 0 && (count == writes || total > bytes) { break }
            count += 1
        }
        return count
    }
}
