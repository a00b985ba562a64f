/// How lines of a batch end that do not end by themselves.
package enum LineEnd: Sendable, Equatable, CaseIterable {
    /// The caller cancelled the batch.
    case cancelled
    /// The batch's deadline is over.
    case expired
    /// What the batch may cost does not reach for the next line.
    case unaffordable
    /// The input or the model is no longer there.
    case unservable

    package var state: TerminalState {
        switch self {
        case .cancelled, .unaffordable: .cancelled
        case .expired: .expired
        case .unservable: .failed
        }
    }

    package var error: JobError {
        switch self {
        case .cancelled: JobError(.callerCancelled, "The batch was cancelled.")
        case .expired: JobError(.callerDeadlineExceeded, "The completion window passed.")
        case .unaffordable:
            JobError(
                .penstockMaxCostReached,
                "The next request could have brought the batch over its penstock_max_cost_usd. A request without "
                    + "an output cap, such as max_tokens, counts as a very long one."
            )
        case .unservable: JobError(.callerModelUnknown, "The request's model or input is no longer there.")
        }
    }
}
