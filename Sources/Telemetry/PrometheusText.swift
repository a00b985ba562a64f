/// The Prometheus text exposition format 0.0.4, built line by line.
struct PrometheusText {
    private(set) var text = ""

    mutating func type(_ name: String, _ kind: MetricKind) {
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ name: String, _ labels: String, _ value: String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map { String($0) } ?? value.description
    }
}

/// What a metric is, in Prometheus' words.
enum MetricKind: String, Sendable {
    case counter
    case gauge
    case histogram
    case summary
}
