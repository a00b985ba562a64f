/// How much room text takes on a terminal, and text that is safe to show there.
extension String {
    /// Columns of a terminal, by the common rule: East Asian wide characters and emoji take two.
    var columns: Int {
        reduce(0) { $0 + $1.columns }
    }

    /// Cut to `width` columns, with an ellipsis where something is missing.
    func truncated(to width: Int) -> String {
        guard columns > width else { return self }
        var result = ""
        var used = 0
        for character in self {
            guard used + character.columns <= width - 1 else { break }
            used += character.columns
            result.append(character)
        }
        return width > 0 ? result + "…" : ""
    }

    /// As `printable`, but line breaks and tabs stay.
    var printableLines: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.steersTerminals && $0 != "\n" && $0 != "\t" ? "\u{FFFD}" : $0 }
            )
        )
    }

    /// One line without control characters: what others wrote must not steer the terminal.
    var printable: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.steersTerminals ? "\u{FFFD}" : $0 }))
    }
}

extension Character {
    fileprivate var columns: Int {
        guard let scalar = unicodeScalars.first else { return 0 }
        return scalar.isWide ? 2 : 1
    }
}

extension Unicode.Scalar {
    fileprivate var isWide: Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }

    /// Controls, line and paragraph breaks, and overrides of the writing direction.
    fileprivate var steersTerminals: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
        }
    }
}
