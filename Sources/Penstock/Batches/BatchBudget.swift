/// What a batch may still spend: its most, less what was spent, less the most that its live lines can cost.
package struct BatchBudget: Sendable {
    private let most: Int128
    private let dearestLine: Int128
    private var spent: Int128 = 0
    private var reservedTotal: Int128 = 0
    private var reserved: [Int: Nanodollars] = [:]

    /// - Returns: nil for a batch without a bound.
    package init?(_ batch: BatchRecord) {
        guard let maxCost = batch.maxCost else { return nil }
        most = Int128(maxCost.value)
        dearestLine = Int128(batch.dearestLine?.value ?? 0)
    }

    /// The lines that something is reserved for; nil when there are none.
    package var lines: ClosedRange<Int>? {
        guard let first = reserved.keys.min(), let last = reserved.keys.max() else { return nil }
        return first...last
    }

    /// Sets aside what a line can cost at most, if that is left.
    package mutating func reserve(_ cost: Nanodollars, forLine line: Int) -> Bool {
        let earlier = reserved[line].map { Int128($0.value) } ?? 0
        guard spent + reservedTotal - earlier + Int128(cost.value) <= most else { return false }
        hold(cost, forLine: line)
        return true
    }

    /// Sets aside what a line that is live already can cost at most.
    package mutating func hold(_ cost: Nanodollars, forLine line: Int) {
        release(line)
        reserved[line] = cost
        reservedTotal += Int128(cost.value)
    }

    /// Gives back what was reserved for a line that ended or never came to be.
    package mutating func release(_ line: Int) {
        guard let cost = reserved.removeValue(forKey: line) else { return }
        reservedTotal -= Int128(cost.value)
    }

    /// Notes what the books say; a call whose cost is unknown counts as the dearest line.
    package mutating func note(_ summary: BatchSummary) {
        spent = Int128(summary.cost.value) + Int128(summary.unknownCosts) * dearestLine
    }
}
