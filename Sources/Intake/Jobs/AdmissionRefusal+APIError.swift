import HTTPTypes
import Penstock

extension APIError {
    /// What a caller is told whose job is not taken in. Of what other tenants have in a pool nothing is said.
    ///
    /// - Parameter deadline: of the job, from now on.
    init(_ refusal: AdmissionRefusal, deadline: Duration) {
        self.init(
            .tooManyRequests,
            code: refusal.reason == .deadlineUnmeetable
                ? refusal.reason.rawValue : "\(refusal.reason.rawValue)_limit",
            refusal.message(deadline: deadline),
            param: refusal.reason == .deadlineUnmeetable ? "deadline" : nil,
            retryAfter: min(60, max(1, refusal.retryAfter.seconds))
        )
    }
}

extension AdmissionRefusal {
    fileprivate func message(deadline: Duration) -> String {
        switch reason {
        case .tenantJobs: tenantLimit("jobs")
        case .tenantBytes: tenantLimit("bytes of request bodies")
        case .tenantTokens: tenantLimit("estimated tokens")
        case .poolJobs: poolLimit("jobs")
        case .poolBytes: poolLimit("bytes of request bodies")
        case .poolTokens: poolLimit("estimated tokens")
        case .deadlineUnmeetable:
            "The job would start \(expectedStart.map { "in about \($0.seconds) s" } ?? "too late"), and its deadline is "
                + "in \(deadline.seconds) s. `queue_anyway`: true takes it in all the same."
        }
    }

    private func tenantLimit(_ what: String) -> String {
        "Your tenant may have\(atMost) \(what) waiting and running in this pool at once"
            + (used.map { ", and has \($0)." } ?? ".")
    }

    private func poolLimit(_ what: String) -> String { "This pool may hold\(atMost) \(what) at once, and is full." }

    private var atMost: String { cap.map { " at most \($0)" } ?? " no more" }
}

extension Duration {
    /// Rounded up, so that nobody comes too early.
    fileprivate var seconds: Int { Int(inSeconds.rounded(.up)) }
}
