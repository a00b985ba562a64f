/// Follows a batch or a job until it is over, showing progress on standard error.
struct Follower {
    let api: API
    let notes: TextChannel
    /// Whether to show no progress; trouble is told all the same.
    let isQuiet: Bool
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    init(api: API, notes: TextChannel = .notes, isQuiet: Bool = false) {
        self.api = api
        self.notes = notes
        self.isQuiet = isQuiet
        start = clock.now
    }

    /// - Returns: the batch in its terminal state.
    func batch(_ id: ObjectID) async throws -> Batch {
        var estimator = ProgressEstimator()
        var pause = Duration.milliseconds(250)
        return try await follow(id) { display in
            let batch = try Batch(try await api.get("/v1/batches/\(id)").root)
            estimator.record(finished: batch.finished, at: now)
            let progress = BatchProgress(batch, estimator: estimator)
            display.show(plain: progress.plain, bar: progress.bar, at: now)
            guard !batch.isTerminal else { return batch }
            try await Task.sleep(for: pause)
            pause = min(pause * 1.5, .seconds(2))
            return nil
        }
    }

    /// - Returns: the job in its terminal state.
    func job(_ id: ObjectID) async throws -> JobView {
        try await follow(id) { display in
            let asked = now
            let job = try JobView(try await api.get("/v1/jobs/\(id)", query: [("wait", "5")]).root)
            guard !job.isTerminal else { return job }
            let line = job.wait.map { "\(job.state), waits for \($0.sentence)" } ?? job.state
            display.show(plain: line, bar: { width, _ in line.printable.truncated(to: width) }, at: now)
            // The server waits for us; this is for one that does not.
            if now - asked < .seconds(1) { try await Task.sleep(for: .seconds(1)) }
            return nil
        }
    }

    private var now: Duration { clock.now - start }

    /// Repeats `step` until it has a result, through passing trouble with the server.
    private func follow<Result>(
        _ id: ObjectID,
        _ step: (inout ProgressDisplay) async throws -> Result?
    ) async throws -> Result {
        Interrupt.onControlC(print: "\nNo longer following; \(id) goes on. Follow it again: penstock watch \(id)\n")
        var display = ProgressDisplay(notes, isQuiet: isQuiet)
        defer {
            display.end()
            Interrupt.restore()
        }
        var patience = Patience()
        while true {
            do {
                if let result = try await step(&display) { return result }
                patience.succeeded()
            } catch let error as CLIError {
                switch patience.failed(error, at: now) {
                case .giveUp:
                    display.remark("Gave up following; \(id) may still go on. Follow it again: penstock watch \(id)")
                    throw error
                case .goOn(let isFirst):
                    if isFirst { display.remark("\(error.text)\nTrying again for \(TimeText.span(patience.limit)).") }
                    try await Task.sleep(for: .seconds(1))
                }
            }
        }
    }
}
