/// A process that `Supervisor` is to keep running.
package struct ChildSpecification: Sendable, Equatable {
    /// What log lines call it, such as `worker-2`; unique within a fleet.
    package var name: String
    /// The path of the program; not looked up in `PATH`.
    package var executable: String
    /// Without the program's own name.
    package var arguments: [String]
    /// Added to the supervisor's own environment.
    package var environment: [String: String]
    /// Names of the supervisor's environment that it does not get: credentials it has no use for.
    package var withheld: Set<String>
    /// On shutdown, children with a lower number have ended before those with a higher one are asked to.
    package var stopOrder: Int
    /// How long it may take to end when asked to, before it is killed.
    package var grace: Duration
    /// How long it stays down after it ended.
    package var restarts: RestartPolicy

    package init(
        name: String,
        executable: String,
        arguments: [String],
        environment: [String: String] = [:],
        withheld: Set<String> = [],
        stopOrder: Int,
        grace: Duration,
        restarts: RestartPolicy = RestartPolicy()
    ) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.withheld = withheld
        self.stopOrder = stopOrder
        self.grace = grace
        self.restarts = restarts
    }
}
