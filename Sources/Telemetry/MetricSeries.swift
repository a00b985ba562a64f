import CoreMetrics
import Synchronization

/// One line, or for histograms one group of lines, of the exposition.
protocol MetricSeries: AnyObject, Sendable {
    func write(to text: inout PrometheusText, name: String, labels: String)
}

/// A double that many threads change without a lock.
struct AtomicDouble: ~Copyable, Sendable {
    private let bits = Atomic<UInt64>(Double.zero.bitPattern)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func store(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    func add(_ amount: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: seen) + amount).bitPattern
            let (done, now) = bits.weakCompareExchange(expected: seen, desired: new, ordering: .relaxed)
            if done { return }
            seen = now
        }
    }
}

/// Counts whole things.
final class CounterSeries: MetricSeries, CounterHandler {
    private let count = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        count.store(0, ordering: .relaxed)
    }

    func write(to text: inout PrometheusText, name: String, labels: String) {
        text.sample(name, labels, String(count.load(ordering: .relaxed)))
    }
}

/// Counts amounts such as seconds or money.
final class FloatingPointCounterSeries: MetricSeries, FloatingPointCounterHandler {
    private let sum = AtomicDouble()

    func increment(by amount: Double) {
        sum.add(amount)
    }

    func reset() {
        sum.store(0)
    }

    func write(to text: inout PrometheusText, name: String, labels: String) {
        text.sample(name, labels, PrometheusText.number(sum.value))
    }
}

/// A value that goes up and down: meters, and recorders that do not aggregate.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    private let current = AtomicDouble()

    func set(_ value: Int64) { current.store(Double(value)) }
    func set(_ value: Double) { current.store(value) }
    func increment(by amount: Double) { current.add(amount) }
    func decrement(by amount: Double) { current.add(-amount) }
    func record(_ value: Int64) { current.store(Double(value)) }
    func record(_ value: Double) { current.store(value) }

    func write(to text: inout PrometheusText, name: String, labels: String) {
        text.sample(name, labels, PrometheusText.number(current.value))
    }
}
