/// How fast a pool moved lately, drawn from one look after another. Pure: the looks come in, rates come out.
package struct PoolPace: Sendable, Equatable {
    /// The time between two looks and what happened in it.
    package struct Step: Sendable, Equatable {
        package var seconds: Double
        /// Below 0 when more left than came.
        package var arrivals: Int
        package var takes: Int
        /// On average.
        package var running: Double

        package init(seconds: Double, arrivals: Int, takes: Int, running: Double) {
            self.seconds = seconds
            self.arrivals = arrivals
            self.takes = takes
            self.running = running
        }
    }

    /// What of a look is needed at the next one.
    package struct Mark: Sendable, Equatable {
        package var at: Timestamp
        package var takenJobs: Int
        package var waiting: Int
        package var running: Int

        package init(at: Timestamp, takenJobs: Int, waiting: Int, running: Int) {
            self.at = at
            self.takenJobs = takenJobs
            self.waiting = waiting
            self.running = running
        }
    }

    /// Looks that are closer together are taken as one: a rate over a moment says nothing.
    private static let shortestStep = 0.5
    /// After a longer silence everything begins anew: the queue was away, and what happened meanwhile says little.
    private static let longestStep = 3.0
    /// Of which arrivals are told.
    private static let stepsOfArrivals = 5
    private static let mostSteps = 10

    package private(set) var mark: Mark?
    package private(set) var steps: [Step]
    /// How long a job is in a worker's hands on average, in seconds, as it was when last measured; nil before that.
    package private(set) var service: Double?

    package init(mark: Mark? = nil, steps: [Step] = [], service: Double? = nil) {
        self.mark = mark
        self.steps = steps
        self.service = service
    }

    package mutating func note(_ load: PoolLoad) {
        let next = Mark(
            at: load.at,
            takenJobs: load.takenJobs,
            waiting: load.waiting + load.unfed,
            running: load.running
        )
        guard let last = mark, next.takenJobs >= last.takenJobs else { return begin(next) }
        let seconds = next.at.since(last.at).inSeconds
        guard seconds >= Self.shortestStep || seconds < 0 else { return }
        guard (0...Self.longestStep).contains(seconds) else { return begin(next) }
        let takes = next.takenJobs - last.takenJobs
        steps.append(
            Step(
                seconds: seconds,
                arrivals: takes + next.waiting - last.waiting,
                takes: takes,
                running: Double(last.running + next.running) / 2
            )
        )
        if steps.count > Self.mostSteps { steps.removeFirst() }
        mark = next
        measureService()
    }

    /// Jobs that arrive per second, from the last steps without the busiest one: what comes at once is backlog, not a
    /// rate.
    package var arrivalsPerSecond: Double {
        let recent = steps.suffix(Self.stepsOfArrivals).sorted { $0.arrivalsPerSecond < $1.arrivalsPerSecond }
        let counted = recent.dropLast()
        let seconds = counted.reduce(0) { $0 + $1.seconds }
        guard seconds > 0 else { return 0 }
        return max(0, Double(counted.reduce(0) { $0 + $1.arrivals }) / seconds)
    }

    private mutating func begin(_ mark: Mark) {
        self.mark = mark
        steps = []
    }

    /// Little's law: what is in hands on average, by how fast it is taken.
    private mutating func measureService() {
        let takes = steps.reduce(0) { $0 + $1.takes }
        guard takes > 0 else { return }
        service = steps.reduce(0) { $0 + $1.running * $1.seconds } / Double(takes)
    }
}

extension PoolPace.Step {
    fileprivate var arrivalsPerSecond: Double { Double(arrivals) / seconds }
}
