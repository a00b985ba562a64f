package import Penstock

/// The workers that a fleet runs as many of as are wanted.
package struct ScaledWorkers: Sendable {
    package var sets: [WorkerSetName]
    /// Fewest of each set while nobody has planned yet.
    package var least: Int
    /// Most of each set on this machine.
    package var most: Int
    /// Names this fleet among others.
    package var fleet: String
    package var host: String
    package var board: any FleetBoard
    /// The process of a set's worker with this number, counted from 1 over all sets of the machine.
    package var child: @Sendable (WorkerSetName, Int) -> ChildSpecification

    package init(
        sets: [WorkerSetName],
        least: Int,
        most: Int,
        fleet: String,
        host: String,
        board: any FleetBoard,
        child: @escaping @Sendable (WorkerSetName, Int) -> ChildSpecification
    ) {
        self.sets = sets
        self.least = least
        self.most = most
        self.fleet = fleet
        self.host = host
        self.board = board
        self.child = child
    }
}

/// Decides which workers of a set are started and which are retired, so that there are as many as are wanted.
enum WorkerSelection {
    /// One worker that was not yet asked to end.
    struct Member: Sendable, Equatable {
        var number: Int
        var phase: FleetMachine.Phase
        var pid: Int?
    }

    /// - Parameters:
    ///   - load: calls under way by process id, as the workers told.
    /// - Returns: how many to start, and which to retire: first those that do not run, then those that are not ready,
    ///   then the least busy, and of equals the newest.
    static func changes(_ members: [Member], wanted: Int, load: [Int: Int]) -> (start: Int, retire: [Int]) {
        guard members.count > wanted else { return (wanted - members.count, []) }
        let victims = members.sorted { rank($0, load) < rank($1, load) }.prefix(members.count - wanted)
        return (0, victims.map(\.number))
    }

    /// A ready worker that has not told may be busy.
    private static func rank(_ member: Member, _ load: [Int: Int]) -> (Int, Int, Int) {
        switch member.phase {
        case .waiting: (0, 0, -member.number)
        case .starting: (1, 0, -member.number)
        case .ready, .ending: (2, member.pid.flatMap { load[$0] } ?? Int.max, -member.number)
        }
    }
}
