/// What a `penstockd` process does.
package enum Role: String, Sendable, CaseIterable {
    case intake, scheduler, worker, courier, simulator

    /// What has to be there before the process is ready.
    var checks: [String] {
        switch self {
        case .intake, .scheduler: ["redis", "ledger"]
        case .worker: ["redis"]
        case .courier: ["ledger"]
        case .simulator: []
        }
    }
}
