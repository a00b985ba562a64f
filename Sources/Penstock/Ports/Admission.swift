/// How a job asks to be taken in.
package struct AdmissionTerms: Sendable, Equatable {
    /// Take it in even when it will probably miss its deadline.
    package var queueAnyway: Bool
    /// Only say whether it would be taken in; nothing is added.
    package var onlyAsk: Bool

    package init(queueAnyway: Bool = false, onlyAsk: Bool = false) {
        self.queueAnyway = queueAnyway
        self.onlyAsk = onlyAsk
    }
}

/// The queue's answer at the door.
package enum Admission: Sendable, Equatable {
    /// Taken in (or known before); nil where nothing was measured yet.
    case accepted(expectedStart: Duration?)
    case refused(AdmissionRefusal)
}

/// Why a job was not taken in, in numbers, and when to come back.
package struct AdmissionRefusal: Sendable, Equatable {
    package enum Reason: String, Sendable, CaseIterable {
        case tenantJobs = "tenant_jobs", tenantBytes = "tenant_bytes", tenantTokens = "tenant_tokens"
        case poolJobs = "pool_jobs", poolBytes = "pool_bytes", poolTokens = "pool_tokens"
        case deadlineUnmeetable = "deadline_unmeetable"
    }

    package var reason: Reason
    /// The cap that is reached; nil for a deadline.
    package var cap: Int?
    /// What is live against it; nil for a deadline.
    package var used: Int?
    /// In how long the job would probably have started; nil when unknown.
    package var expectedStart: Duration?
    /// When there is probably room: more than zero, at most 60 s.
    package var retryAfter: Duration

    package init(reason: Reason, cap: Int?, used: Int?, expectedStart: Duration?, retryAfter: Duration) {
        self.reason = reason
        self.cap = cap
        self.used = used
        self.expectedStart = expectedStart
        self.retryAfter = retryAfter
    }
}

/// What a caller or operator changes about a job that waits; nil keeps it.
package struct JobChange: Sendable, Equatable {
    package var jobClass: JobClass?
    package var deadline: Timestamp?

    package init(jobClass: JobClass? = nil, deadline: Timestamp? = nil) {
        self.jobClass = jobClass
        self.deadline = deadline
    }
}

/// What an operator paused in one pool.
package struct PoolControls: Sendable, Equatable {
    /// Nothing of the pool starts.
    package var isPaused: Bool
    /// Targets that are not called.
    package var pausedTargets: Set<String>

    package init(isPaused: Bool = false, pausedTargets: Set<String> = []) {
        self.isPaused = isPaused
        self.pausedTargets = pausedTargets
    }
}
