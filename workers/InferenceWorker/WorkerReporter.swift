import Glibc
import Logging
import Penstock
import Telemetry

/// Says every second how busy this worker is: the autoscaler counts on it, and a fleet ends the least busy ones first.
struct WorkerReporter: Sendable {
    private static let interval = Duration.seconds(1)
    /// Of a new measurement of the processors; the rest is what was known.
    private static let newPart = 0.4

    let board: any FleetBoard
    let consumer: ConsumerName
    let set: WorkerSetName
    let slots: CallSlots
    let drained: WorkerDrain
    let since: Timestamp
    let logger: Logger

    /// Runs until cancelled, then takes its word back.
    func run() async {
        var meter = CPUMeter()
        var isHeard = true
        while !Task.isCancelled {
            isHeard = await tell(meter.read(newPart: Self.newPart), wasHeard: isHeard)
            // Ends early when cancelled, and so does the loop.
            try? await Task.sleep(for: Self.interval)
        }
        // In a task of its own, as this one is cancelled; a word that stays fades by itself.
        await Task { try? await board.withdraw(consumer) }.value
    }

    /// - Returns: whether it was heard; silence is told once.
    private func tell(_ cpu: Double, wasHeard: Bool) async -> Bool {
        let report = WorkerReport(
            name: consumer,
            set: set,
            host: HostName.text,
            pid: Int(getpid()),
            isDraining: drained.hasBegun,
            slots: slots.total,
            slotsInUse: slots.inUse,
            cpu: cpu,
            since: since
        )
        do {
            try await board.report(report)
            return true
        } catch {
            if wasHeard { logger.warning("nobody hears how busy this worker is", [.error: .text("\(error)")]) }
            return false
        }
    }
}

/// How many processors this process uses, smoothed.
private struct CPUMeter {
    private var last: (seconds: Double, at: ContinuousClock.Instant)?
    private var value = 0.0

    mutating func read(newPart: Double) -> Double {
        guard let seconds = ProcessCPU.seconds() else { return value }
        let now = ContinuousClock.now
        if let last {
            let passed = (now - last.at) / .seconds(1)
            if passed > 0.1 { value += ((seconds - last.seconds) / passed - value) * newPart }
        }
        last = (seconds, now)
        return value
    }
}
