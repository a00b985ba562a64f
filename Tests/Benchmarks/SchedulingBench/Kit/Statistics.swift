/// The smallest value that `share` of all do not exceed; 0 for none.
func percentile(_ share: Double, of values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let rank = Int((Double(values.count) * share).rounded(.up)) - 1
    return values.sorted()[max(0, min(values.count - 1, rank))]
}

func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
}

/// Jain's fairness index: 1 when all are equal, 1/n when one has everything.
func jain(_ values: [Double]) -> Double {
    let sum = values.reduce(0, +)
    let squares = values.reduce(0) { $0 + $1 * $1 }
    return squares == 0 ? 1 : sum * sum / (Double(values.count) * squares)
}
