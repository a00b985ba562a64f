/// How often each body was seen; the oldest bodies are forgotten when there are too many.
struct SeenBodies: Sendable {
    private var counts: [UInt64: Int] = [:]
    /// The bodies in the order of their first call, as a ring once it is full.
    private var order: [UInt64] = []
    private var oldest = 0
    private let capacity: Int

    /// - Parameter capacity: bodies to remember, at least 1.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// Counts a call with the body of this hash.
    ///
    /// - Returns: how often it was seen, this time included.
    mutating func see(_ hash: UInt64) -> Int {
        if let count = counts[hash] {
            counts[hash] = count + 1
            return count + 1
        }
        remember(hash)
        counts[hash] = 1
        return 1
    }

    private mutating func remember(_ hash: UInt64) {
        guard order.count == capacity else { return order.append(hash) }
        counts[order[oldest]] = nil
        order[oldest] = hash
        oldest = (oldest + 1) % capacity
    }
}
