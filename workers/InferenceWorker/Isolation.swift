import Penstock

/// Where suspects are called: jobs in whose presence workers died. They share a few processes apart from everybody else's,
/// the fewer in each the more often they were there when one died.
struct Isolation: Sendable {
    let caller: any SuspectCaller
    private let threshold: Int
    /// By the size of the groups.
    private let places: [Int: CallSlots]

    /// - Parameters:
    ///   - threshold: deaths that make a suspect.
    ///   - processes: for groups of each size.
    init(_ caller: any SuspectCaller, threshold: Int, processes: Int) {
        self.caller = caller
        self.threshold = threshold
        let sizes = Set((0...8).map { SuspectGroup.size(deaths: threshold + $0, threshold: threshold) })
        places = Dictionary(uniqueKeysWithValues: sizes.map { ($0, CallSlots($0 * processes)) })
    }

    /// Runs `body` with the size of the job's group, once there is a place.
    func withPlace(for taken: TakenJob, _ body: (Int) async -> Void) async {
        let size = SuspectGroup.size(deaths: taken.deaths, threshold: threshold)
        let place = await places[size]?.take(atMost: 1)
        await body(size)
        places[size]?.release(place ?? 0)
    }
}
