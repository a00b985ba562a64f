import Penstock
import Telemetry
import TestTwins
import Testing

@testable import InferenceWorker

struct TargetWatchTests {
    private let log = CapturedLog()
    private let start = ContinuousClock.now

    private var alarms: Int { log.text.split(separator: "\n").count { $0.hasPrefix("error ") } }

    private func settlement(_ verdict: TargetVerdict) -> Settlement {
        Settlement(usage: nil, mayHaveBeenSent: true, chargesTenant: false, target: verdict)
    }

    @Test func oneAlarmPerStop() {
        let watch = TargetWatch(Samples.pool(), factory: MetricsRegistry(), logger: log.logger)
        func call(_ target: String, began: Duration, ended: Duration, _ verdict: TargetVerdict = .exhausted) {
            watch.note(settlement(verdict), of: target, startedAt: start + began, now: start + ended)
        }
        call("t1", began: .zero, ended: .seconds(1), .limited(for: .seconds(5)))
        #expect(alarms == 0)
        // Calls that ran when the account became empty, or had been taken by then.
        call("t1", began: .zero, ended: .seconds(2))
        call("t1", began: .zero, ended: .seconds(60))
        call("t1", began: .milliseconds(2500), ended: .seconds(61))
        #expect(alarms == 1)
        call("t2", began: .zero, ended: .seconds(2))
        #expect(alarms == 2)
        // Resumed, and empty again.
        call("t1", began: .seconds(600), ended: .seconds(601))
        call("t1", began: .seconds(600), ended: .seconds(602))
        #expect(alarms == 3)
        #expect(log.text.contains("target.name=t1"))
    }
}
