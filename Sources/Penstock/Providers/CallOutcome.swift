/// What came of one provider call.
package enum CallOutcome: Sendable, Equatable {
    /// A 2xx answer with valid JSON.
    case succeeded(ProviderResponse, usage: Usage?)
    /// Anything else.
    case failed(CallFailure)
}

/// A provider call that did not succeed, classified.
package struct CallFailure: Sendable, Equatable {
    package var error: JobError
    /// The provider's answer, where there was one.
    package var response: ProviderResponse?
    /// How long the provider asks to stay away.
    package var retryAfter: Duration?
    /// Whether the provider says that making the call again is of no use. Counts for nothing where a limit refused it.
    package var refusesRetry: Bool
    /// Whether the request may have reached the provider, and so may be billed and counts against its limits.
    package var mayHaveBeenSent: Bool

    package init(
        error: JobError,
        response: ProviderResponse? = nil,
        retryAfter: Duration? = nil,
        refusesRetry: Bool = false,
        mayHaveBeenSent: Bool
    ) {
        self.error = error
        self.response = response
        self.retryAfter = retryAfter
        self.refusesRetry = refusesRetry
        self.mayHaveBeenSent = mayHaveBeenSent
    }
}

/// Calls providers. Cancelling the calling task aborts the transfer.
package protocol ProviderCaller: Sendable {
    /// Makes one call; every failure is an outcome, nothing is thrown.
    ///
    /// - Parameters:
    ///   - body: the request in the canonical dialect, with the caller's model alias.
    ///   - headers: go along where the target's provider speaks the endpoint by itself.
    func call(
        _ target: Target,
        endpoint: Endpoint,
        body: [UInt8],
        headers: ProviderHeaders,
        within timeout: Duration
    ) async -> CallReport
}
