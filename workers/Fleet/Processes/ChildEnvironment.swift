import Glibc

/// The environment that children get.
enum ChildEnvironment {
    /// Set to `1` for every child: tells it that its standard input is a lifeline.
    static let supervised = "PENSTOCK_SUPERVISED"

    private static let ours = [supervised: "1", ReadySignal.variable: "\(ReadySignal.descriptor)"]

    /// This process's environment with the child's additions, as `NAME=value`.
    static func of(_ child: ChildSpecification) -> [String] {
        let additions = child.environment.merging(ours) { _, ours in ours }
        let inherited = own().filter { entry in
            additions[String(entry.prefix { $0 != "=" })] == nil
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
