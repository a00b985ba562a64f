import CoreMetrics
import HTTPTypes
import Penstock
import Synchronization

/// The numbers of the HTTP API. Labels come from closed sets: route templates, known methods, statuses, classes.
final class IntakeMetrics: Sendable {
    private struct RequestKey: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private struct RequestSeries {
        let count: Counter
        let duration: Timer
    }

    private let factory: any MetricsFactory
    private let requests = Mutex<[RequestKey: RequestSeries]>([:])
    private let bytesIn: Counter
    private let uploads: Counter
    private let uploadedBytes: Counter
    private let batches: Counter
    private let jobs: [JobClass: Counter]
    private let refusals: [AdmissionRefusal.Reason: Counter]
    private let quotaRefusals: [Quota: Counter]

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        bytesIn = Counter(label: "penstock_http_request_bytes", factory: factory)
        uploads = Counter(label: "penstock_files_uploaded", factory: factory)
        uploadedBytes = Counter(label: "penstock_file_bytes_uploaded", factory: factory)
        batches = Counter(label: "penstock_batches_created", factory: factory)
        let series = JobClass.allCases.map { jobClass in
            let dimensions = [("class", jobClass.rawValue)]
            return (jobClass, Counter(label: "penstock_jobs_accepted", dimensions: dimensions, factory: factory))
        }
        jobs = Dictionary(uniqueKeysWithValues: series)
        let reasons = AdmissionRefusal.Reason.allCases.map { reason in
            let dimensions = [("reason", reason.rawValue)]
            return (reason, Counter(label: "penstock_jobs_refused", dimensions: dimensions, factory: factory))
        }
        refusals = Dictionary(uniqueKeysWithValues: reasons)
        let quotas = Quota.allCases.map { quota in
            let dimensions = [("quota", quota.rawValue)]
            return (quota, Counter(label: "penstock_quota_refusals", dimensions: dimensions, factory: factory))
        }
        quotaRefusals = Dictionary(uniqueKeysWithValues: quotas)
    }

    /// One request was answered; `bytes` is what was read of its body.
    func answered(route: String, method: HTTPRequest.Method, status: Int, in duration: Duration, bytes: Int) {
        let key = RequestKey(route: route, method: Self.label(of: method), status: status)
        let series = requests.withLock { known in
            if let series = known[key] { return series }
            let series = makeSeries(key)
            known[key] = series
            return series
        }
        series.count.increment()
        series.duration.recordNanoseconds(duration.wholeMilliseconds * 1_000_000)
        if bytes > 0 { bytesIn.increment(by: bytes) }
    }

    func uploaded(bytes: Int) {
        uploads.increment()
        uploadedBytes.increment(by: bytes)
    }

    func createdBatch() { batches.increment() }

    func acceptedJob(_ jobClass: JobClass) { jobs[jobClass]?.increment() }

    func refusedJob(_ reason: AdmissionRefusal.Reason) { refusals[reason]?.increment() }

    /// Counts a refusal, to be thrown.
    func refusing(_ quota: Quota, _ error: APIError) -> APIError {
        quotaRefusals[quota]?.increment()
        return error
    }

    /// The method as a label; callers can make up methods.
    static func label(of method: HTTPRequest.Method) -> String {
        let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]
        return known.contains(method) ? method.rawValue : "other"
    }

    private func makeSeries(_ key: RequestKey) -> RequestSeries {
        let route = [("route", key.route), ("method", key.method)]
        return RequestSeries(
            count: Counter(
                label: "penstock_http_requests",
                dimensions: route + [("status", String(key.status))],
                factory: factory
            ),
            duration: Timer(label: "penstock_http_request_duration", dimensions: route, factory: factory)
        )
    }
}
