/// One pool at one moment, as an operator wants to see it.
package struct PoolOverview: Sendable, Equatable {
    package var isPaused: Bool
    package var waiting: Int
    package var running: Int
    package var delayed: Int
    /// Tenant and class pairs with waiting work.
    package var flows: Int
    /// Jobs handed to workers since the pool began; the difference of two looks is the rate.
    package var takenJobs: Int
    /// Estimated tokens of these, settled by actual usage.
    package var takenTokens: Int
    package var targets: [TargetOverview]
    package var groups: [LimitGroupOverview]
    package var tenants: [TenantOverview]

    package init(
        isPaused: Bool,
        waiting: Int,
        running: Int,
        delayed: Int,
        flows: Int,
        takenJobs: Int,
        takenTokens: Int,
        targets: [TargetOverview],
        groups: [LimitGroupOverview],
        tenants: [TenantOverview]
    ) {
        self.isPaused = isPaused
        self.waiting = waiting
        self.running = running
        self.delayed = delayed
        self.flows = flows
        self.takenJobs = takenJobs
        self.takenTokens = takenTokens
        self.targets = targets
        self.groups = groups
        self.tenants = tenants
    }
}

/// One target: how busy it is and whether it may be called.
package struct TargetOverview: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        case available
        /// Refused by its provider, until then.
        case blocked(until: Timestamp)
        /// A block is over and one call tries whether it works.
        case probing
        /// Out of quota since then, until an operator resumes it.
        case stopped(since: Timestamp)
        case paused
    }

    package var name: String
    package var state: State
    package var running: Int
    /// The cap that holds now: configured, or what adaptive concurrency found; nil is none.
    package var maxRunning: Int?
    /// How long recent successful calls took; nil where none tells.
    package var serviceTime: PoolExperience.ServiceTime?

    package init(
        name: String,
        state: State,
        running: Int,
        maxRunning: Int?,
        serviceTime: PoolExperience.ServiceTime? = nil
    ) {
        self.name = name
        self.state = state
        self.running = running
        self.maxRunning = maxRunning
        self.serviceTime = serviceTime
    }
}

/// One limit group: what it grants and how much of that is in use.
package struct LimitGroupOverview: Sendable, Equatable {
    package enum Dimension: String, Sendable, CaseIterable {
        case requests, tokens
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
    }

    /// One limit per minute.
    package struct Limit: Sendable, Equatable {
        package var dimension: Dimension
        /// What holds: the configured limit, or a lower one that the provider told of.
        package var perMinute: Int
        /// Whether the provider told of it.
        package var isLearned: Bool
        /// What was used in the last minute, from 0 to about 1.
        package var use: Double
        /// What a call takes of it on average; nil before the first one.
        package var perCall: Double?

        package init(dimension: Dimension, perMinute: Int, isLearned: Bool, use: Double, perCall: Double? = nil) {
            self.dimension = dimension
            self.perMinute = perMinute
            self.isLearned = isLearned
            self.use = use
            self.perCall = perCall
        }
    }

    package var name: String
    package var running: Int
    package var maxRunning: Int?
    package var limits: [Limit]
    /// Requests that the provider's day still grants; nil without a limit per day.
    package var requestsLeftToday: Int?

    package init(name: String, running: Int, maxRunning: Int?, limits: [Limit], requestsLeftToday: Int? = nil) {
        self.name = name
        self.running = running
        self.maxRunning = maxRunning
        self.limits = limits
        self.requestsLeftToday = requestsLeftToday
    }
}

/// One tenant's work of one class.
package struct TenantOverview: Sendable, Equatable {
    package var tenant: TenantID
    package var jobClass: JobClass
    package var weight: Int
    package var waiting: Int
    /// Of all its classes.
    package var running: Int
    /// Weighted tokens of this class served since the tenant was last without work; the difference of two looks is its
    /// share.
    package var servedTokens: Int
    /// Why it does not take part now (`slots`, `requests`, `tokens`, `paused`), or nil when it does.
    package var parked: WaitReason?

    package init(
        tenant: TenantID,
        jobClass: JobClass,
        weight: Int,
        waiting: Int,
        running: Int,
        servedTokens: Int,
        parked: WaitReason?
    ) {
        self.tenant = tenant
        self.jobClass = jobClass
        self.weight = weight
        self.waiting = waiting
        self.running = running
        self.servedTokens = servedTokens
        self.parked = parked
    }
}

/// What a pool learned from recent calls; older ones fade.
package struct PoolExperience: Sendable, Equatable {
    /// How one model's requests turned out against their estimates.
    package struct Model: Sendable, Equatable {
        /// Recent calls it is drawn from, the faded ones counted less.
        package var samples: Double
        /// Actual input tokens per estimated one.
        package var inputRatio: Double
        /// Mean of |actual − corrected estimate| / actual input.
        package var inputError: Double
        /// Output tokens that nine in ten answers do not exceed.
        package var outputP90: Int

        package init(samples: Double, inputRatio: Double, inputError: Double, outputP90: Int) {
            self.samples = samples
            self.inputRatio = inputRatio
            self.inputError = inputError
            self.outputP90 = outputP90
        }
    }

    /// How long one target's successful calls take.
    package struct ServiceTime: Sendable, Equatable {
        package var samples: Double
        package var p10: Duration
        package var p50: Duration
        package var p95: Duration

        package init(samples: Double, p10: Duration, p50: Duration, p95: Duration) {
            self.samples = samples
            self.p10 = p10
            self.p50 = p50
            self.p95 = p95
        }
    }

    package var models: [String: Model]
    package var targets: [String: ServiceTime]

    package init(models: [String: Model] = [:], targets: [String: ServiceTime] = [:]) {
        self.models = models
        self.targets = targets
    }
}
