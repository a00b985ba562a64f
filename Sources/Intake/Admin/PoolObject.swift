import JSON
import Penstock

/// A pool as operators see it.
struct PoolObject {
    let name: PoolName
    /// Whether the settings still have it.
    let isConfigured: Bool
    let overview: PoolOverview
    let experience: PoolExperience
    /// Of everything; the pool's and its targets' are shown.
    let pauses: [Pause]

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", name.text)
            writer.member("object", "pool")
            writer.member("paused", overview.isPaused)
            writePause(of: .pool(name), to: &writer)
            writer.member("configured", isConfigured)
            writer.member("waiting", overview.waiting)
            writer.member("running", overview.running)
            writer.member("delayed", overview.delayed)
            writer.member("flows", overview.flows)
            writer.member("taken_jobs", overview.takenJobs)
            writer.member("taken_tokens", overview.takenTokens)
            write("targets", overview.targets, to: &writer, write(target:to:))
            write("limit_groups", overview.groups, to: &writer, write(group:to:))
            write("tenants", overview.tenants, to: &writer, write(tenant:to:))
            let models = experience.models.sorted { $0.key < $1.key }
            write("models", models, to: &writer) { write(model: $0.key, $0.value, to: &$1) }
        }
    }

    private func write<Element>(
        _ key: String,
        _ elements: [Element],
        to writer: inout JSONWriter,
        _ write: (Element, inout JSONWriter) -> Void
    ) {
        writer.key(key)
        writer.array { writer in
            for element in elements { writer.object { write(element, &$0) } }
        }
    }

    private func writePause(of subject: PauseSubject, to writer: inout JSONWriter) {
        let pause = pauses.first { $0.subject == subject }
        writer.member("paused_by", pause?.by)
        writer.member("paused_at", pause?.since.seconds)
        writer.member("pause_reason", pause?.reason)
    }

    private func write(target: TargetOverview, to writer: inout JSONWriter) {
        writer.member("id", target.name)
        writer.member("state", target.state.word)
        writer.member("until", target.state.until?.seconds)
        writer.member("since", target.state.since?.seconds)
        writePause(of: .target(target.name), to: &writer)
        writer.member("running", target.running)
        writer.member("max_running", target.maxRunning)
        writer.key("service_time_ms")
        guard let time = experience.targets[target.name] else { return writer.null() }
        writer.object { writer in
            writer.member("p10", time.p10.wholeMilliseconds)
            writer.member("p50", time.p50.wholeMilliseconds)
            writer.member("p95", time.p95.wholeMilliseconds)
            writer.member("samples", number: time.samples)
        }
    }

    private func write(group: LimitGroupOverview, to writer: inout JSONWriter) {
        writer.member("id", group.name)
        writer.member("running", group.running)
        writer.member("max_running", group.maxRunning)
        write("limits", group.limits, to: &writer) { limit, writer in
            writer.member("dimension", limit.dimension.rawValue)
            writer.member("per_minute", limit.perMinute)
            writer.member("learned", limit.isLearned)
            writer.member("use", number: limit.use)
        }
    }

    private func write(tenant: TenantOverview, to writer: inout JSONWriter) {
        writer.member("tenant", tenant.tenant.text)
        writer.member("class", tenant.jobClass.rawValue)
        writer.member("weight", tenant.weight)
        writer.member("waiting", tenant.waiting)
        writer.member("running", tenant.running)
        writer.member("served_tokens", tenant.servedTokens)
        writer.member("parked", tenant.parked?.rawValue)
    }

    private func write(model: String, _ learned: PoolExperience.Model, to writer: inout JSONWriter) {
        writer.member("id", model)
        writer.member("samples", number: learned.samples)
        writer.member("input_ratio", number: learned.inputRatio)
        writer.member("input_error", number: learned.inputError)
        writer.member("output_p90", learned.outputP90)
    }
}

extension TargetOverview.State {
    fileprivate var word: String {
        switch self {
        case .available: "available"
        case .blocked: "blocked"
        case .probing: "probing"
        case .stopped: "stopped"
        case .paused: "paused"
        }
    }

    fileprivate var until: Timestamp? {
        if case .blocked(let until) = self { until } else { nil }
    }

    fileprivate var since: Timestamp? {
        if case .stopped(let since) = self { since } else { nil }
    }
}
