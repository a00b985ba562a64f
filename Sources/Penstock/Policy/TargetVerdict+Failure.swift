extension TargetVerdict {
    /// Longest block that one answer may put on a target: a provider's word, within reason.
    private static let longestBlock = Duration.seconds(300)
    /// Block after a rate limit without a hint.
    private static let defaultBlock = Duration.seconds(2)

    /// What a failed call says about its target.
    ///
    /// No answer in time and no connection are what an overloaded server looks like from outside. An error of its own
    /// making (500, 502) is not: it says nothing about how much the server can take, unless it asks to be left alone.
    /// A request that is at fault itself was answered by a target that works.
    package init(after failure: CallFailure) {
        let asked = failure.retryAfter.map { min($0, Self.longestBlock) }
        self =
            switch failure.error.errorClass {
            case .providerRateLimited: .limited(for: asked ?? Self.defaultBlock)
            case .providerQuotaExhausted: .exhausted
            case .providerOverloaded, .providerTimeout, .providerConnectionFailed: .overloaded(for: asked)
            case .providerServerError: asked == nil ? .none : .overloaded(for: asked)
            case .callerInvalidRequest, .callerContextTooLong, .callerContentFiltered, .callerModelUnknown:
                failure.response == nil ? .none : .answered
            case .providerAuthFailed, .providerInvalidAnswer, .callerCancelled, .callerDeleted, .callerDeadlineExceeded,
                .penstockOutcomeUnknown, .penstockPoison, .penstockPoolRemoved, .penstockMaxCostReached,
                .penstockInternal:
                .none
            }
    }
}
