import Synchronization

/// All series of one name. Their number is bounded: labels that grow without limit would fill the memory here and in
/// Prometheus.
final class MetricFamily: Sendable {
    /// Where everything beyond the bound is counted.
    static let overflowLabels = #"overflow="true""#

    private struct State {
        var series: [String: any MetricSeries] = [:]
        var overflow: (any MetricSeries)?
    }

    let name: String
    let kind: MetricKind
    private let limit: Int
    private let state = Mutex(State())

    init(name: String, kind: MetricKind, limit: Int) {
        self.name = name
        self.kind = kind
        self.limit = limit
    }

    /// The series of these labels, made on first use, and whether it is the shared one beyond the bound. Nil if the
    /// name has series of another type.
    func series<Series: MetricSeries>(_ labels: String, _ make: () -> Series) -> (series: Series, overflow: Bool)? {
        state.withLock { state in
            if let known = state.series[labels] { return (known as? Series).map { ($0, false) } }
            guard state.series.count < limit else {
                let overflow = state.overflow ?? make()
                state.overflow = overflow
                return (overflow as? Series).map { ($0, true) }
            }
            let new = make()
            state.series[labels] = new
            return (new, false)
        }
    }

    func write(to text: inout PrometheusText) {
        let state = state.withLock { $0 }
        text.type(name, kind)
        for (labels, series) in state.series.sorted(by: { $0.key < $1.key }) {
            series.write(to: &text, name: name, labels: labels)
        }
        state.overflow?.write(to: &text, name: name, labels: Self.overflowLabels)
    }
}
