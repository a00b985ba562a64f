/// The fleet of the last look as lines of text.
struct FleetPicture: Picture {
    static let forMore = "penstock fleet without --watch shows all"

    let title: PictureTitle
    private var fleet: FleetView?

    init(address: String, interval: Duration) {
        title = PictureTitle(command: "penstock fleet", address: address, interval: interval)
    }

    var isEmpty: Bool { fleet == nil }

    mutating func record(_ look: FleetView) {
        fleet = look
    }

    func lines(_ terminal: Terminal, trouble: String? = nil, hint: String? = nil) -> [String] {
        let lines = title.lines(trouble: trouble, hint: hint, colour: terminal.hasColour)
        guard let fleet else { return lines + ["", "Looking …"] }
        return lines + [""] + FleetReport(fleet: fleet).lines(width: terminal.width, colour: terminal.hasColour)
    }
}
