import CoreMetrics
import Synchronization

/// Observations in buckets; without buckets a summary of count and sum. Timers observe seconds.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
    /// For timers, in seconds: from a cache hit to a long model call.
    static let seconds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
    ]

    private struct State {
        /// One per bound, then one for everything above.
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    /// - Parameter bounds: Inclusive upper bounds, ascending.
    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) {
        record(Double(value))
    }

    func record(_ value: Double) {
        // A NaN has no bucket and would spoil the sum for good.
        guard !value.isNaN else { return }
        let bucket = firstBound(notBelow: value)
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) {
        record(Double(duration) / 1e9)
    }

    func write(to text: inout PrometheusText, name: String, labels: String) {
        let state = state.withLock { $0 }
        var total: UInt64 = 0
        for (bound, count) in zip(bounds + [.infinity], state.counts) {
            total += count
            guard !bounds.isEmpty else { continue }
            let le = "le=\"\(PrometheusText.number(bound))\""
            text.sample(name + "_bucket", labels.isEmpty ? le : "\(labels),\(le)", String(total))
        }
        text.sample(name + "_sum", labels, PrometheusText.number(state.sum))
        text.sample(name + "_count", labels, String(total))
    }

    private func firstBound(notBelow value: Double) -> Int {
        var (low, high) = (0, bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
