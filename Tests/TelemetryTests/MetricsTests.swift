import CoreMetrics
import Foundation
import Testing

@testable import Telemetry

@Suite struct MetricsRegistryTests {
    /// The lines of the metrics a test made, without the registry's own.
    private func lines(_ registry: MetricsRegistry) -> [String] {
        registry.prometheusText().split(separator: "\n").map(String.init)
            .filter { !$0.contains("process_") && !$0.contains("telemetry_") }
    }

    @Test func countersEndInTotal() {
        let registry = MetricsRegistry()
        Counter(label: "jobs.claimed", dimensions: [("queue", "a")], factory: registry).increment(by: 2)
        Counter(label: "jobs.claimed", dimensions: [("queue", "a")], factory: registry).increment()
        Counter(label: "jobs.claimed", dimensions: [], factory: registry).increment()
        Counter(label: "done_total", factory: registry).increment(by: 7)
        FloatingPointCounter(label: "cost", factory: registry).increment(by: 0.25)
        #expect(
            lines(registry) == [
                "# TYPE cost_total counter",
                "cost_total 0.25",
                "# TYPE done_total counter",
                "done_total 7",
                "# TYPE jobs_claimed_total counter",
                "jobs_claimed_total 1",
                #"jobs_claimed_total{queue="a"} 3"#,
            ]
        )
    }

    @Test func gaugesShowTheLastValue() {
        let registry = MetricsRegistry()
        let gauge = Gauge(label: "depth", factory: registry)
        gauge.record(5)
        gauge.record(2.5)
        let meter = Meter(label: "inflight", factory: registry)
        meter.set(10)
        meter.increment(by: 3)
        meter.decrement(by: 1)
        #expect(
            lines(registry) == [
                "# TYPE depth gauge", "depth 2.5", "# TYPE inflight gauge", "inflight 12",
            ]
        )
    }

    @Test func timersAreHistogramsInSeconds() {
        let registry = MetricsRegistry()
        let timer = CoreMetrics.Timer(label: "http.wait", dimensions: [("route", "/v1")], factory: registry)
        timer.recordNanoseconds(1_000_000)
        timer.recordNanoseconds(1_000_001)
        timer.recordNanoseconds(900_000_000_000)
        let lines = lines(registry)
        #expect(lines[0] == "# TYPE http_wait_seconds histogram")
        #expect(lines[1] == #"http_wait_seconds_bucket{route="/v1",le="0.001"} 1"#)
        #expect(lines[2] == #"http_wait_seconds_bucket{route="/v1",le="0.0025"} 2"#)
        #expect(lines.contains(#"http_wait_seconds_bucket{route="/v1",le="600"} 2"#))
        #expect(lines.contains(#"http_wait_seconds_bucket{route="/v1",le="+Inf"} 3"#))
        #expect(lines.contains(#"http_wait_seconds_count{route="/v1"} 3"#))
        #expect(lines.filter { $0.contains("_bucket") }.count == HistogramSeries.seconds.count + 1)
    }

    @Test func recordersAreSummariesUnlessTheyHaveBuckets() {
        let registry = MetricsRegistry(recorderBuckets: ["size_bytes": [10, 100]])
        let size = Recorder(label: "size.bytes", factory: registry)
        for value in [10, 11, 1000] { size.record(value) }
        let plain = Recorder(label: "tokens", factory: registry)
        plain.record(1)
        plain.record(2.5)
        plain.record(Double.nan)
        #expect(
            lines(registry) == [
                "# TYPE size_bytes histogram",
                #"size_bytes_bucket{le="10"} 1"#,
                #"size_bytes_bucket{le="100"} 2"#,
                #"size_bytes_bucket{le="+Inf"} 3"#,
                "size_bytes_sum 1021",
                "size_bytes_count 3",
                "# TYPE tokens summary",
                "tokens_sum 3.5",
                "tokens_count 2",
            ]
        )
    }

    @Test func labelsAreSortedSanitisedAndEscaped() {
        let registry = MetricsRegistry()
        let dimensions = [("z", "1"), ("a.b", "quote\" slash\\ line\n"), ("le", "x"), ("9", "y")]
        Counter(label: "9 bäd:name", dimensions: dimensions, factory: registry).increment()
        #expect(
            lines(registry).last
                == #"_9_b_d:name_total{_9="y",a_b="quote\" slash\\ line\n",le_="x",z="1"} 1"#
        )
    }

    @Test func theOrderOfDimensionsDoesNotMatter() {
        let registry = MetricsRegistry()
        Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "c", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        #expect(lines(registry) == ["# TYPE c_total counter", #"c_total{a="1",b="2"} 2"#])
    }

    @Test func theNumberOfSeriesIsBounded() {
        let registry = MetricsRegistry(seriesLimit: 10)
        for number in 0..<100 {
            Counter(label: "c", dimensions: [("user", "\(number)")], factory: registry).increment()
        }
        Counter(label: "c", dimensions: [("user", "3")], factory: registry).increment()
        let lines = lines(registry)
        #expect(lines.count == 12)
        #expect(lines.contains(#"c_total{user="3"} 2"#))
        #expect(lines.last == #"c_total{overflow="true"} 90"#)
        #expect(registry.prometheusText().contains("telemetry_series_dropped_total 90\n"))
    }

    @Test func aNameHasOneType() {
        let registry = MetricsRegistry()
        Counter(label: "x_total", factory: registry).increment()
        Gauge(label: "x_total", factory: registry).record(5)
        FloatingPointCounter(label: "x", factory: registry).increment(by: 5)
        #expect(lines(registry) == ["# TYPE x_total counter", "x_total 1"])
        #expect(registry.prometheusText().contains("telemetry_series_dropped_total 2\n"))
    }

    @Test func handlersOutliveDestroy() {
        let registry = MetricsRegistry()
        let first = Counter(label: "c", factory: registry)
        let second = Counter(label: "c", factory: registry)
        first.increment()
        first.destroy()
        second.increment()
        #expect(lines(registry).last == "c_total 2")
        second.reset()
        #expect(lines(registry).last == "c_total 0")
    }

    @Test func eightThreadsCountExactly() {
        let registry = MetricsRegistry()
        let rounds = 20_000
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            let shared = Counter(label: "shared", factory: registry)
            let sum = FloatingPointCounter(label: "sum", factory: registry)
            let meter = Meter(label: "meter", factory: registry)
            let timer = CoreMetrics.Timer(label: "timer", factory: registry)
            for round in 0..<rounds {
                shared.increment()
                sum.increment(by: 0.5)
                meter.increment(by: 2)
                meter.decrement(by: 1)
                timer.recordNanoseconds(1_000_000_000)
                if round % 100 == 0 {
                    Counter(label: "own", dimensions: [("n", "\(round % 7)")], factory: registry).increment()
                }
            }
        }
        let lines = lines(registry)
        let total = 8 * rounds
        #expect(lines.contains("shared_total \(total)"))
        #expect(lines.contains("sum_total \(total / 2)"))
        #expect(lines.contains("meter \(total)"))
        #expect(lines.contains("timer_seconds_sum \(total)"))
        #expect(lines.contains("timer_seconds_count \(total)"))
        let own = lines.filter { $0.hasPrefix("own_total{") }.compactMap { Int($0.split(separator: " ")[1]) }
        #expect(own.reduce(0, +) == total / 100)
    }
}

@Suite struct PrometheusFormatTests {
    @Test func everyLineIsWellFormed() throws {
        let registry = MetricsRegistry(recorderBuckets: ["r": [1]])
        Counter(label: "c", dimensions: [("a", "é \" \\ \n {},=")], factory: registry).increment()
        Gauge(label: "g", factory: registry).record(-Double.infinity)
        Gauge(label: "h", factory: registry).record(Double.nan)
        Gauge(label: "i", factory: registry).record(1e-9)
        Recorder(label: "r", factory: registry).record(3)
        CoreMetrics.Timer(label: "t", factory: registry).recordNanoseconds(5)
        let text = registry.prometheusText()
        #expect(text.hasSuffix("\n"))
        let type = /# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (counter|gauge|histogram|summary)/
        let label = /[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"/
        let number = /-?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?|[+-]Inf|NaN/
        for line in text.split(separator: "\n") where line.wholeMatch(of: type) == nil {
            let name = try #require(line.prefixMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/), "\(line)").output
            var rest = line.dropFirst(name.count)
            if rest.first == "{" {
                repeat {
                    rest = rest.dropFirst()
                    rest = rest.dropFirst(try #require(rest.prefixMatch(of: label), "\(line)").output.count)
                } while rest.first == ","
                #expect(rest.first == "}", "\(line)")
                rest = rest.dropFirst()
            }
            #expect(rest.first == " ", "\(line)")
            #expect(rest.dropFirst().wholeMatch(of: number) != nil, "\(line)")
        }
    }

    @Test func eachTypeIsDeclaredOnce() {
        let registry = MetricsRegistry()
        for name in ["a", "b"] { Counter(label: "c", dimensions: [("n", name)], factory: registry).increment() }
        let types = registry.prometheusText().split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
        #expect(Set(types).count == types.count)
    }

    @Test(arguments: [
        (0.0, "0"), (-3, "-3"), (2.5, "2.5"), (1e300, "1e+300"), (.nan, "NaN"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"),
    ])
    func numbers(value: Double, text: String) {
        #expect(PrometheusText.number(value) == text)
    }
}

@Suite struct ProcessMetricsTests {
    private func values() throws -> [String: Double] {
        let lines = MetricsRegistry().prometheusText().split(separator: "\n").filter { $0.hasPrefix("process_") }
        return try Dictionary(
            lines.map { line in
                let parts = line.split(separator: " ")
                return (String(parts[0]), try #require(Double(parts[1])))
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    @Test func theKernelsNumbersArePlausible() throws {
        let values = try values()
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_048_576)
        #expect(try #require(values["process_cpu_seconds_total"]) > 0)
        let start = try #require(values["process_start_time_seconds"])
        let now = Date().timeIntervalSince1970
        #expect(start < now + 2)
        #expect(start > now - 86_400)
    }

    @Test func openDescriptorsAreCounted() throws {
        let before = try #require(values()["process_open_fds"])
        #expect(before >= 3)
        var opened: [Int32] = []
        for _ in 0..<200 { opened.append(open("/dev/null", O_RDONLY)) }
        defer { for descriptor in opened { close(descriptor) } }
        // Other tests open and close a few at the same time.
        #expect(try #require(values()["process_open_fds"]) > before + 150)
    }

    @Test func namesWithParenthesesDoNotShiftFields() {
        let tail = (4...21).map(String.init).joined(separator: " ")
        #expect(ProcessMetrics.startTicks(stat: "1 (a) b) (c) S \(tail) 4711 23") == 4711)
        #expect(ProcessMetrics.startTicks(stat: "1 (a) S 4") == nil)
        #expect(ProcessMetrics.bootTime(stat: "cpu 1\nbtime 1700000000\nx") == 1_700_000_000)
        #expect(ProcessMetrics.bootTime(stat: "cpu 1\n") == nil)
        #expect(ProcessMetrics.residentPages(statm: "10 7 3") == 7)
        #expect(ProcessMetrics.residentPages(statm: "10") == nil)
    }
}
