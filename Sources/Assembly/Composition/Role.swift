/// What a `penstockd` process does.
package enum Role: String, Sendable, CaseIterable {
    case intake, scheduler, worker, courier, simulator

    var usesRedis: Bool {
        switch self {
        case .intake, .scheduler, .worker: true
        case .courier, .simulator: false
        }
    }
}
