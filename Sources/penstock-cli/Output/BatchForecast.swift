import JSON

/// When a running batch will be over if it goes on as it did: an early word about a deadline that will be missed. Pure.
struct BatchForecast: Equatable {
    let remaining: Duration
    /// Whether that is after the deadline.
    let isTooLate: Bool

    /// - Parameter now: unix seconds.
    /// - Returns: nil before the first request finished and when nothing is left.
    init?(_ batch: Batch, now: Int) {
        guard batch.status == "in_progress", batch.finished > 0, batch.finished < batch.total,
            let start = batch.json.int("in_progress_at"), start < now
        else { return nil }
        let pace = Double(batch.finished) / Double(now - start)
        let seconds = Int((Double(batch.total - batch.finished) / pace).rounded(.up))
        remaining = .seconds(seconds)
        isTooLate = batch.json.int("expires_at").map { now + seconds > $0 } ?? false
    }

    var text: String {
        let left = "about \(TimeText.span(remaining)) left at the average pace so far"
        return isTooLate ? left + ": it will miss its deadline" : left
    }
}
