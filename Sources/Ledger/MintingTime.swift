import Penstock

/// Where an id without a row stands in a listing by time.
enum MintingTime {
    /// The moment that `IDGenerator` put into an id; nil for a foreign id.
    static func of(_ id: String) -> Timestamp? {
        let unique = id.utf8.suffix(IDGenerator.length)
        guard unique.count == IDGenerator.length else { return nil }
        var milliseconds: Int64 = 0
        for character in unique.prefix(10) {
            guard let digit = alphabet.firstIndex(of: character) else { return nil }
            milliseconds = milliseconds << 5 | Int64(digit)
        }
        return Timestamp(milliseconds: milliseconds)
    }

    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
}
