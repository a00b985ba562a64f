/// The header `Retry-After`.
enum RetryAfter {
    private static let mostSeconds = 7 * 24 * 3600

    /// - Returns: nil for a date or nonsense: the schedule decides then.
    static func read(_ text: String?) -> Duration? {
        guard let text, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return .seconds(min(Int(text) ?? mostSeconds, mostSeconds))
    }
}
