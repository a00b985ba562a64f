import JSON

/// One thing that was looked at.
struct Finding: Equatable {
    enum Grade: String {
        case good, caution, bad

        var mark: String {
            switch self {
            case .good: "ok   "
            case .caution: "note "
            case .bad: "WRONG"
            }
        }

        var style: Style {
            switch self {
            case .good: .good
            case .caution: .caution
            case .bad: .bad
            }
        }
    }

    var grade: Grade
    var text: String
    /// What to do about it.
    var advice: String?
}

extension Finding {
    /// What kept the examination from going on.
    init(_ error: CLIError) {
        let lines = error.text.split(separator: "\n", maxSplits: 1)
        self.init(
            grade: .bad,
            text: lines.first.map(String.init) ?? error.text,
            advice: lines.count > 1 ? String(lines[1]) : nil
        )
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("grade", grade.rawValue)
            writer.member("text", text)
            writer.member("advice", advice)
        }
        return writer.bytes
    }
}
