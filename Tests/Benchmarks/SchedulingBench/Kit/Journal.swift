import Penstock
import Synchronization

/// When calls started, and what of.
final class Journal: Sendable {
    struct Start: Sendable {
        /// Seconds since the journal began.
        var time: Double
        var tenant: TenantID
        var tokens: Int
        var accepted: Bool
    }

    private let watch = Stopwatch()
    private let entries = Mutex<[Start]>([])

    var seconds: Double { watch.seconds }

    func add(_ start: Start) { entries.withLock { $0.append(start) } }

    var starts: [Start] { entries.withLock { $0 }.sorted { $0.time < $1.time } }
}

extension [Journal.Start] {
    var accepted: Self { filter(\.accepted) }

    func between(_ range: Range<Double>) -> Self { filter { range.contains($0.time) } }

    var tokens: Int { reduce(0) { $0 + $1.tokens } }

    /// The most that any window of so many seconds holds, counted by `amount`; sorted by time.
    func worstWindow(seconds: Double = 60, _ amount: (Journal.Start) -> Int) -> Int {
        var first = 0
        var sum = 0
        var worst = 0
        for start in self {
            sum += amount(start)
            while self[first].time <= start.time - seconds {
                sum -= amount(self[first])
                first += 1
            }
            worst = Swift.max(worst, sum)
        }
        return worst
    }

    /// Sums per so many seconds.
    func bins(_ width: Double, until end: Double, _ amount: (Journal.Start) -> Int) -> [Int] {
        var bins = [Int](repeating: 0, count: Int((end / width).rounded(.up)))
        for start in self where start.time < end { bins[Int(start.time / width)] += amount(start) }
        return bins
    }
}
