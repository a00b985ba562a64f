package import CoreMetrics
import Synchronization

/// A swift-metrics backend that keeps everything in memory and writes it as Prometheus text.
///
/// Equal names and dimensions share one series, which lives as long as the registry. `destroy…` therefore does nothing:
/// another holder may still be counting.
package final class MetricsRegistry: MetricsFactory {
    private static let shardCount = 16

    /// A lock of its own for each part of the names, so that lookups rarely meet.
    private final class Shard: Sendable {
        let families = Mutex<[String: MetricFamily]>([:])
    }

    private let shards = (0..<MetricsRegistry.shardCount).map { _ in Shard() }
    private let dropped = CounterSeries()
    private let recorderBuckets: [String: [Double]]
    private let seriesLimit: Int

    /// - Parameters:
    ///   - recorderBuckets: Ascending upper bounds by metric name (as exposed) for recorders that aggregate; the others
    ///     become summaries of count and sum.
    ///   - seriesLimit: Most label sets per metric; what is above is counted together under `overflow="true"`.
    package init(recorderBuckets: [String: [Double]] = [:], seriesLimit: Int = 1000) {
        self.recorderBuckets = recorderBuckets
        self.seriesLimit = seriesLimit
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(MetricName.ending(MetricName.metric(label), "_total"), .counter, dimensions) { CounterSeries() }
    }

    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(MetricName.ending(MetricName.metric(label), "_total"), .counter, dimensions) {
            FloatingPointCounterSeries()
        }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(MetricName.metric(label), .gauge, dimensions) { GaugeSeries() }
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        let name = MetricName.metric(label)
        guard aggregate else { return series(name, .gauge, dimensions) { GaugeSeries() } }
        let bounds = recorderBuckets[name] ?? []
        return series(name, bounds.isEmpty ? .summary : .histogram, dimensions) { HistogramSeries(bounds: bounds) }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(MetricName.ending(MetricName.metric(label), "_seconds"), .histogram, dimensions) {
            HistogramSeries(bounds: HistogramSeries.seconds)
        }
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// All metrics and those of the process, in text format 0.0.4 (`text/plain; version=0.0.4; charset=utf-8`).
    package func prometheusText() -> String {
        var text = PrometheusText()
        let families = shards.flatMap { shard in shard.families.withLock { Array($0.values) } }
        for family in families.sorted(by: { $0.name < $1.name }) { family.write(to: &text) }
        text.type("telemetry_series_dropped_total", .counter)
        dropped.write(to: &text, name: "telemetry_series_dropped_total", labels: "")
        ProcessMetrics.write(to: &text)
        return text.text
    }

    /// The shared series; one that nobody reads if the name already stands for something else, counted as dropped.
    private func series<Series: MetricSeries>(
        _ name: String,
        _ kind: MetricKind,
        _ dimensions: [(String, String)],
        _ make: () -> Series
    ) -> Series {
        let family = family(name, kind)
        guard family.kind == kind, let found = family.series(MetricName.labels(dimensions), make) else {
            dropped.increment(by: 1)
            return make()
        }
        if found.overflow { dropped.increment(by: 1) }
        return found.series
    }

    private func family(_ name: String, _ kind: MetricKind) -> MetricFamily {
        let shard = shards[Int(UInt(bitPattern: name.hashValue) % UInt(Self.shardCount))]
        return shard.families.withLock { families in
            if let known = families[name] { return known }
            let new = MetricFamily(name: name, kind: kind, limit: seriesLimit)
            families[name] = new
            return new
        }
    }
}
