import Synchronization

/// Whether this process can serve, told by its parts: named readiness checks, and loops that promise to keep turning.
package final class Health: Sendable {
    /// The state of one check.
    package enum Check: Sendable, Equatable {
        case ready
        /// With a reason for people.
        case notReady(String)
    }

    private struct Loop {
        let lastBeat: Duration
        let maxSilence: Duration
    }

    private struct State {
        var checks: [String: Check] = [:]
        var loops: [String: Loop] = [:]
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> Duration

    /// - Parameters:
    ///   - names: Checks that are not ready until they say otherwise.
    ///   - now: Time since an arbitrary moment that never goes back.
    package init(expecting names: [String] = [], now: @escaping @Sendable () -> Duration = Health.monotonic) {
        let checks = names.map { ($0, Check.notReady("starting")) }
        state = Mutex(State(checks: Dictionary(checks) { first, _ in first }))
        self.now = now
    }

    /// Records the state of a check.
    package func set(_ name: String, _ check: Check) {
        state.withLock { $0.checks[name] = check }
    }

    /// Says that a loop turned, and promises its next beat within `maxSilence`. Called once before the loop starts, so
    /// that one which never turns is noticed, then in each turn.
    package func beat(_ loop: String, within maxSilence: Duration) {
        let now = now()
        state.withLock { $0.loops[loop] = Loop(lastBeat: now, maxSilence: maxSilence) }
    }

    /// Says that a loop ended on purpose.
    package func retire(_ loop: String) {
        _ = state.withLock { $0.loops.removeValue(forKey: loop) }
    }

    /// True if every check is ready and every loop keeps its promise.
    package var isReady: Bool { snapshot().isReady }

    /// True if every loop keeps its promise; otherwise the process should be replaced.
    package var isAlive: Bool { snapshot().isAlive }

    /// Everything at this moment, for `/readyz` and `/livez`.
    package func snapshot() -> HealthReport {
        let now = now()
        let state = state.withLock { $0 }
        let loops = state.loops.mapValues { loop in
            let silence = max(.zero, now - loop.lastBeat)
            return HealthReport.Loop(silence: silence, isAlive: silence <= loop.maxSilence)
        }
        return HealthReport(checks: state.checks, loops: loops)
    }

    /// The default clock.
    package static let monotonic: @Sendable () -> Duration = {
        let start = ContinuousClock.now
        return { start.duration(to: .now) }
    }()
}
