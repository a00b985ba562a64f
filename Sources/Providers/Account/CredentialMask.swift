import Penstock

/// Removes a target's credential from what its provider sent. Pure.
///
/// A letter that JSON escapes is the same letter, so a key is found however its text was written.
struct CredentialMask {
    /// Shorter ones are no secrets, and their removal would tear holes into answers.
    private static let shortest = 8
    private static let stars = Array("***".utf8)

    private let key: [UInt8]

    /// - Returns: nil where there is nothing to remove.
    init?(_ secret: Secret?) {
        guard let secret, secret.revealed.utf8.count >= Self.shortest else { return nil }
        key = Array(secret.revealed.utf8)
    }

    func masking(_ text: String) -> String {
        masking(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// - Returns: nil when the key does not stand there.
    func masking(_ bytes: [UInt8]) -> [UInt8]? {
        var masked: [UInt8] = []
        var copied = 0
        var index = 0
        while index < bytes.count {
            guard bytes[index] == key[0] || bytes[index] == UInt8(ascii: "\\"), let end = end(ofKeyAt: index, in: bytes)
            else {
                index += 1
                continue
            }
            masked += bytes[copied..<index]
            masked += Self.stars
            copied = end
            index = end
        }
        return copied == 0 ? nil : masked + bytes[copied...]
    }

    /// - Returns: where the key that begins at `start` ends; nil when none does.
    private func end(ofKeyAt start: Int, in bytes: [UInt8]) -> Int? {
        var index = start
        for letter in key {
            guard index < bytes.count else { return nil }
            if bytes[index] == letter {
                index += 1
            } else if bytes[index] == UInt8(ascii: "\\"), let length = Self.escape(of: letter, at: index, in: bytes) {
                index += length
            } else {
                return nil
            }
        }
        return index
    }

    /// - Returns: the length of the escape sequence at `start`, if it stands for `letter`.
    private static func escape(of letter: UInt8, at start: Int, in bytes: [UInt8]) -> Int? {
        guard start + 1 < bytes.count else { return nil }
        guard bytes[start + 1] == UInt8(ascii: "u") else { return bytes[start + 1] == letter ? 2 : nil }
        guard start + 6 <= bytes.count else { return nil }
        let digits = String(decoding: bytes[(start + 2)..<(start + 6)], as: UTF8.self)
        return UInt16(digits, radix: 16) == UInt16(letter) ? 6 : nil
    }
}
