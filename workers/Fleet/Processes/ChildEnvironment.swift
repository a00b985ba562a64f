import Glibc

/// The environment that children get.
enum ChildEnvironment {
    /// Set to `1` for every child: tells it that its standard input is a lifeline.
    static let supervised = "PENSTOCK_SUPERVISED"

    private static let ours = [supervised: "1", ReadySignal.variable: "\(ReadySignal.descriptor)"]

    /// This process's environment with the child's additions and without what is withheld from it, as `NAME=value`.
    static func of(_ child: ChildSpecification) -> [String] {
        of(child, inheriting: own())
    }

    /// The same for any environment.
    static func of(_ child: ChildSpecification, inheriting own: [String]) -> [String] {
        let additions = child.environment.merging(ours) { _, ours in ours }
        let inherited = own.filter { entry in
            let name = String(entry.prefix { $0 != "=" })
            return additions[name] == nil && !child.withheld.contains(name)
        }
        return inherited + additions.map { "\($0)=\($1)" }.sorted()
    }

    private static func own() -> [String] {
        var entries: [String] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(String(cString: entry))
            next += 1
        }
        return entries
    }
}
