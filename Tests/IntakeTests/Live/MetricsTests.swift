import HTTPTypes
import Penstock
import Telemetry
import Testing

@testable import Intake

struct MetricsTests {
    @Test func countsByTemplateMethodAndStatus() {
        let registry = MetricsRegistry()
        let metrics = IntakeMetrics(factory: registry)
        for _ in 0..<2 {
            metrics.answered(route: "/v1/jobs/{id}", method: .get, status: 200, in: .seconds(1), bytes: 5)
        }
        metrics.answered(route: "none", method: HTTPRequest.Method("BREW")!, status: 404, in: .zero, bytes: 0)
        metrics.acceptedJob(.batch)
        metrics.refusedJob(.tenantJobs)
        metrics.uploaded(bytes: 7)
        metrics.createdBatch()
        let lines = registry.prometheusText().split(separator: "\n").map(String.init)
        func value(_ name: String, _ labels: String...) -> String? {
            lines.first { line in line.hasPrefix(name) && labels.allSatisfy { line.contains($0) } }?
                .split(separator: " ").last.map(String.init)
        }
        #expect(
            value("penstock_http_requests_total", #"route="/v1/jobs/{id}""#, #"method="GET""#, #"status="200""#) == "2"
        )
        #expect(value("penstock_http_requests_total", #"method="other""#, #"status="404""#) == "1")
        #expect(value("penstock_http_request_duration_seconds_sum", #"route="/v1/jobs/{id}""#) == "2")
        #expect(value("penstock_http_request_bytes_total") == "10")
        #expect(value("penstock_jobs_accepted_total", #"class="batch""#) == "1")
        #expect(value("penstock_jobs_accepted_total", #"class="interactive""#) == "0")
        #expect(value("penstock_jobs_refused_total", #"reason="tenant_jobs""#) == "1")
        #expect(value("penstock_jobs_refused_total", #"reason="deadline_unmeetable""#) == "0")
        #expect(value("penstock_file_bytes_uploaded_total") == "7")
        #expect(value("penstock_batches_created_total") == "1")
    }
}
