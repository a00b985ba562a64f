/// A colour's meaning. Never the only carrier of information: the text says the same.
enum Style: String, Sendable {
    case good = "32"
    case bad = "31"
    case caution = "33"
    case active = "36"
    case quiet = "2"
    case strong = "1"

    /// The text between escape sequences; unchanged when colour is off.
    static func paint(_ text: String, _ style: Style?, colour: Bool) -> String {
        guard colour, let style else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    /// How the state of a job or a batch looks.
    static func of(state: String) -> Style? {
        switch state {
        case "succeeded", "completed": .good
        case "failed": .bad
        case "expired", "cancelled", "cancelling", "delayed": .caution
        case "running", "in_progress", "finalizing": .active
        default: nil
        }
    }
}
