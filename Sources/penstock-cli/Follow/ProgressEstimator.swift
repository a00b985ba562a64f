/// How fast requests finish, and how long the rest will take, from the recent past. Pure.
struct ProgressEstimator: Sendable {
    private struct Sample {
        let time: Duration
        let finished: Int
    }

    /// How far back the rate looks.
    let window: Duration
    private var samples: [Sample] = []

    init(window: Duration = .seconds(60)) {
        self.window = window
    }

    /// - Parameter time: since any fixed moment; never runs backwards.
    mutating func record(finished: Int, at time: Duration) {
        samples.append(Sample(time: time, finished: finished))
        // One sample from before the window stays: without it a slow batch would have no rate at all.
        while samples.count > 2, samples[1].time <= time - window { samples.removeFirst() }
    }

    /// Requests per second; nil until something finished while we looked.
    var perSecond: Double? {
        guard let first = samples.first, let last = samples.last else { return nil }
        let seconds = (last.time - first.time) / .seconds(1)
        guard seconds > 0, last.finished > first.finished else { return nil }
        return Double(last.finished - first.finished) / seconds
    }

    /// Time until all of `total` are finished at this rate.
    func remaining(of total: Int) -> Duration? {
        guard let perSecond, let finished = samples.last?.finished, total >= finished else { return nil }
        let seconds = Double(total - finished) / perSecond
        // Longer than a batch may live: no estimate.
        return seconds < 31 * 86_400 ? .seconds(Int64(seconds.rounded(.up))) : nil
    }
}
