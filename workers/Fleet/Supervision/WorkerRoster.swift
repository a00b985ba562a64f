import Penstock

/// Which children of a machine are workers of which set, and the numbers that name them: a number is free again when its
/// worker is gone.
struct WorkerRoster {
    private struct Entry {
        let set: WorkerSetName
        let place: Int
    }

    private var entries: [Int: Entry] = [:]

    /// Notes a new worker.
    ///
    /// - Parameters:
    ///   - place: from `freePlace`.
    mutating func add(_ child: Int, to set: WorkerSetName, at place: Int) {
        entries[child] = Entry(set: set, place: place)
    }

    mutating func remove(_ child: Int) { entries[child] = nil }

    func set(of child: Int) -> WorkerSetName? { entries[child]?.set }

    /// The lowest number that no worker of the machine has, from 1 on.
    var freePlace: Int {
        let taken = Set(entries.values.map(\.place))
        return (1...).first { !taken.contains($0) } ?? 1
    }

    /// Children of a set, oldest first, those that end included.
    func children(of set: WorkerSetName) -> [Int] {
        entries.filter { $0.value.set == set }.keys.sorted()
    }
}
