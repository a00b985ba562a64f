/// How many calls at once a pool needs now, and why.
package struct PoolDemand: Sendable, Equatable {
    package var pool: PoolName
    /// One of `backlog`, `deadlineRisk`, `rateLimited`, `providerBlocked`, `paused`, `ledgerDown` and `idle`.
    package var reason: ScalingReason
    package var arrivalsPerSecond: Double
    package var runnable: Int
    package var unfed: Int
    package var running: Int
    /// Jobs per second that would have to begin.
    package var wantedPerSecond: Double
    /// Jobs per second that may begin; nil is no limit.
    package var grantedPerSecond: Double?
    /// How long a job is in a worker's hands; nil before anybody knows.
    package var serviceSeconds: Double?
    /// Calls at once.
    package var calls: Double
    package var limit: BindingLimit?
    /// Whether a worker has something to do here, however little.
    package var needsWorker: Bool

    package init(
        pool: PoolName,
        reason: ScalingReason,
        arrivalsPerSecond: Double,
        runnable: Int,
        unfed: Int,
        running: Int,
        wantedPerSecond: Double,
        grantedPerSecond: Double?,
        serviceSeconds: Double?,
        calls: Double,
        limit: BindingLimit?,
        needsWorker: Bool
    ) {
        self.pool = pool
        self.reason = reason
        self.arrivalsPerSecond = arrivalsPerSecond
        self.runnable = runnable
        self.unfed = unfed
        self.running = running
        self.wantedPerSecond = wantedPerSecond
        self.grantedPerSecond = grantedPerSecond
        self.serviceSeconds = serviceSeconds
        self.calls = calls
        self.limit = limit
        self.needsWorker = needsWorker
    }

    /// `calls = min(arrivals + backlog ÷ drain target, what limits and blocks grant) × service time`.
    package init(_ pool: PoolName, _ load: PoolLoad, _ pace: PoolPace, _ bounds: ScalingBounds) {
        let grant = PoolGrant(load)
        let service = Self.service(load, pace, bounds)
        let arrivals = pace.arrivalsPerSecond
        let even = arrivals + Double(load.backlog) / max(0.001, bounds.drainTarget.inSeconds)
        let urgent = Self.urgent(load, service: service ?? 0)
        self.init(
            pool: pool,
            reason: .idle,
            arrivalsPerSecond: arrivals,
            runnable: load.runnable,
            unfed: load.unfed,
            running: load.running,
            wantedPerSecond: max(even, urgent),
            grantedPerSecond: grant.callsPerSecond,
            serviceSeconds: service,
            calls: 0,
            limit: nil,
            needsWorker: load.running > 0
        )
        if grant.closed != nil {
            close(grant, load)
        } else if load.backlog > 0 || load.running > 0 || arrivals > 0 {
            open(grant, load, bounds, isUrgent: urgent > even)
        } else {
            rest(load)
        }
    }

    /// Nothing may be called: what runs has to end, and after a block one call has to try.
    private mutating func close(_ grant: PoolGrant, _ load: PoolLoad) {
        let hasWork = load.waiting + load.unfed + load.running + load.delayed > 0
        calls = Double(load.running)
        reason = hasWork ? grant.closed == .paused ? .paused : .providerBlocked : .idle
        needsWorker = needsWorker || (grant.closed == .blocked && load.backlog > 0)
    }

    /// Nothing can be taken now: all that waits is held back by its own tenants' bounds, if anything waits.
    private mutating func rest(_ load: PoolLoad) {
        guard load.waiting > 0 else { return }
        let isPaused = load.heldByPauses >= load.heldByTenants
        reason = isPaused ? .paused : .rateLimited
        needsWorker = !isPaused
    }

    private mutating func open(_ grant: PoolGrant, _ load: PoolLoad, _ bounds: ScalingBounds, isUrgent: Bool) {
        needsWorker = load.backlog > 0 || load.running > 0 || arrivalsPerSecond * bounds.drainTarget.inSeconds >= 1
        let rate = min(wantedPerSecond, grant.callsPerSecond ?? .infinity)
        let time = serviceSeconds ?? 0
        // There cannot be more calls at once than there are jobs.
        let jobs = Double(load.running + load.backlog) + arrivalsPerSecond * time
        // While nobody knows how long a call takes, one worker finds out.
        let wanted = serviceSeconds == nil ? min(jobs, Double(bounds.slots)) : min(rate * time, jobs)
        calls = min(wanted, grant.calls.map(Double.init) ?? .infinity)
        if rate < wantedPerSecond {
            reason = .rateLimited
            limit = grant.rateLimit
        } else if calls < wanted {
            reason = .rateLimited
            limit = grant.callsLimit
        } else {
            reason = isUrgent ? .deadlineRisk : .backlog
        }
        guard load.spooledBytes > 0 else { return }
        // What more workers would bring could not be written down.
        reason = .ledgerDown
        calls = min(calls, Double(load.running))
    }

    /// How long a job is in a worker's hands: as measured, not less than what half of the calls took, not more than
    /// what nearly all took. While calls begin and none has ended, what is measured is less than the truth.
    private static func service(_ load: PoolLoad, _ pace: PoolPace, _ bounds: ScalingBounds) -> Double? {
        let times = load.targets.compactMap(\.serviceTime).filter { $0.samples >= 5 }
        let half = times.map { $0.p50.inSeconds }.max()
        guard let measured = pace.service.map({ max($0, half ?? 0) }) ?? half else { return nil }
        let most = times.map { $0.p95.inSeconds * 1.5 }.max() ?? bounds.longestCall.inSeconds
        return min(measured, max(most, half ?? 0), bounds.longestCall.inSeconds)
    }

    /// Jobs per second that have to begin so that those due soon end in time. Who cannot make it any more does not
    /// count.
    private static func urgent(_ load: PoolLoad, service: Double) -> Double {
        load.due.map { due in
            let left = due.within.inSeconds - service
            return left > 0 ? Double(due.jobs) / left : 0
        }.max() ?? 0
    }
}
