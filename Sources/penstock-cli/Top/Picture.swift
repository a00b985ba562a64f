/// What was seen so far, to be drawn again after every look. Pure.
protocol Picture: Sendable {
    associatedtype Look: Sendable

    /// How the reader comes to see what a screen has no room for.
    static var forMore: String { get }

    /// Whether there was no look yet.
    var isEmpty: Bool { get }

    mutating func record(_ look: Look)

    /// - Parameters:
    ///   - trouble: why the last look is not a fresh one.
    ///   - hint: what the reader can do.
    func lines(_ terminal: Terminal, trouble: String?, hint: String?) -> [String]
}

/// The first lines of a picture: what it shows, of which server, when, and what is wrong.
struct PictureTitle: Sendable {
    /// `penstock top`
    let command: String
    /// Of the server.
    let address: String
    let interval: Duration

    func lines(trouble: String?, hint: String?, colour: Bool) -> [String] {
        let facts = [address, TimeText.utc(TimeText.now), "every \(TimeText.span(interval))", hint].compactMap { $0 }
        let title = Style.paint("\(command)  " + facts.joined(separator: "  "), .quiet, colour: colour)
        let complaints = trouble?.printableLines.split(separator: "\n") ?? []
        return [title] + complaints.map { Style.paint(String($0), .bad, colour: colour) }
    }
}
