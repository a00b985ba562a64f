/// The progress of a batch as one line of text. Pure.
struct BatchProgress: Sendable {
    var status: String
    var total: Int
    var completed: Int
    var failed: Int
    var cost: Cost
    var perSecond: Double?
    var remaining: Duration?

    init(_ batch: Batch, estimator: ProgressEstimator) {
        self.init(
            status: batch.status,
            total: batch.total,
            completed: batch.completed,
            failed: batch.failed,
            cost: batch.cost,
            perSecond: estimator.perSecond,
            remaining: estimator.remaining(of: batch.total)
        )
    }

    init(
        status: String,
        total: Int,
        completed: Int,
        failed: Int,
        cost: Cost,
        perSecond: Double? = nil,
        remaining: Duration? = nil
    ) {
        self.status = status
        self.total = total
        self.completed = completed
        self.failed = failed
        self.cost = cost
        self.perSecond = perSecond
        self.remaining = remaining
    }

    private var finished: Int { completed + failed }

    /// Rounded down, so that 100 % means all of it.
    var percent: Int { total > 0 ? finished * 100 / total : 0 }

    /// For logs: `in_progress: 53 of 120 done, 2 failed, 1.8/s, 38s left, $0.0123`.
    var plain: String {
        guard total > 0 else { return status }
        return "\(status): \(facts(separator: ", "))"
    }

    /// For terminals: a bar, as wide as what the facts leave, then the facts; never wider than `width`.
    func bar(width: Int, colour: Bool) -> String {
        guard total > 0 else { return status.truncated(to: width) }
        let facts = "\(String(percent).leftPadded(to: 3, with: " "))%  \(facts(separator: "  "))  \(status)"
        let room = min(40, width - facts.columns - 4)
        guard room >= 10 else { return facts.truncated(to: width) }
        return "[\(cells(room, colour: colour))] \(facts)"
    }

    private func cells(_ width: Int, colour: Bool) -> String {
        let full = min(width, finished * width / total)
        let bad = failed == 0 ? 0 : min(full, max(1, failed * width / total))
        let parts: [(String, Int, Style)] = [("#", full - bad, .good), ("x", bad, .bad), ("-", width - full, .quiet)]
        return parts.map { Style.paint(String(repeating: $0, count: $1), $1 > 0 ? $2 : nil, colour: colour) }.joined()
    }

    private func facts(separator: String) -> String {
        var facts = ["\(finished.grouped) of \(total.grouped) done"]
        if failed > 0 { facts.append("\(failed.grouped) failed") }
        if let perSecond { facts.append("\(NumberText.rate(perSecond))/s") }
        if let remaining, finished < total { facts.append("\(TimeText.span(remaining)) left") }
        if cost.known != nil { facts.append(cost.text) }
        return facts.joined(separator: separator)
    }
}
