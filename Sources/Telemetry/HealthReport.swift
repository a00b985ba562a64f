/// What `Health` knew at one moment.
package struct HealthReport: Sendable, Equatable {
    /// A loop's state.
    package struct Loop: Sendable, Equatable {
        /// Time since its last beat.
        package let silence: Duration
        /// The silence is within what it promised.
        package let isAlive: Bool
    }

    /// By name.
    package let checks: [String: Health.Check]
    /// By name.
    package let loops: [String: Loop]

    /// See `Health.isReady`.
    package var isReady: Bool { isAlive && checks.values.allSatisfy { $0 == .ready } }
    /// See `Health.isAlive`.
    package var isAlive: Bool { loops.values.allSatisfy(\.isAlive) }

    /// `{"ready":…,"alive":…,"checks":{NAME:{"ready":…,"reason":…}},"loops":{NAME:{"alive":…,"silence_ms":…}}}`
    package var json: [UInt8] {
        var json = JSONText()
        json.raw(#"{"ready":"#)
        json.raw(isReady ? "true" : "false")
        json.raw(#","alive":"#)
        json.raw(isAlive ? "true" : "false")
        json.raw(#","checks":"#)
        json.object(checks) { json, check in json.append(check) }
        json.raw(#","loops":"#)
        json.object(loops) { json, loop in json.append(loop) }
        json.raw("}")
        return json.bytes
    }

    /// How long each loop has been silent, and whether that is as promised, in Prometheus' text format.
    package var prometheusText: String {
        var text = PrometheusText()
        let sorted = loops.sorted { $0.key < $1.key }.map { (MetricName.labels([("loop", $0.key)]), $0.value) }
        guard !sorted.isEmpty else { return "" }
        text.type("penstock_loop_silence_seconds", .gauge)
        for (labels, loop) in sorted {
            text.sample("penstock_loop_silence_seconds", labels, PrometheusText.number(loop.silence / .seconds(1)))
        }
        text.type("penstock_loop_alive", .gauge)
        for (labels, loop) in sorted { text.sample("penstock_loop_alive", labels, loop.isAlive ? "1" : "0") }
        return text.text
    }
}

extension JSONText {
    fileprivate mutating func object<Value>(_ fields: [String: Value], _ write: (inout JSONText, Value) -> Void) {
        raw("{")
        for (index, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { raw(",") }
            key(field.key)
            write(&self, field.value)
        }
        raw("}")
    }

    fileprivate mutating func append(_ check: Health.Check) {
        switch check {
        case .ready: raw(#"{"ready":true}"#)
        case .notReady(let reason):
            raw(#"{"ready":false,"reason":"#)
            string(reason)
            raw("}")
        }
    }

    fileprivate mutating func append(_ loop: HealthReport.Loop) {
        raw(loop.isAlive ? #"{"alive":true,"silence_ms":"# : #"{"alive":false,"silence_ms":"#)
        number(Int(loop.silence / .milliseconds(1)))
        raw("}")
    }
}
