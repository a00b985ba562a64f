/// All that is known after one provider call: its outcome, and what was learned about the target on the way.
package struct CallReport: Sendable, Equatable {
    package var outcome: CallOutcome
    /// What the answer's headers say about limits, also those of an error; nil where they say nothing.
    package var signals: RateSignals?
    /// From sending to the first byte of the answer; nil when none came.
    package var firstByte: Duration?
    /// From sending to the whole answer; nil when none came.
    package var serviceTime: Duration?

    package init(
        _ outcome: CallOutcome,
        signals: RateSignals? = nil,
        firstByte: Duration? = nil,
        serviceTime: Duration? = nil
    ) {
        self.outcome = outcome
        self.signals = signals
        self.firstByte = firstByte
        self.serviceTime = serviceTime
    }
}
