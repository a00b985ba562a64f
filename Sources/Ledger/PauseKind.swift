import Penstock

/// How a ledger names what is paused.
enum PauseKind: String {
    case pool, target
}

extension PauseSubject {
    var kind: PauseKind {
        switch self {
        case .pool: .pool
        case .target: .target
        }
    }

    /// Unique among the subjects of its kind.
    var name: String {
        switch self {
        case .pool(let pool): pool.text
        case .target(let name): name
        }
    }

    init(_ kind: PauseKind, _ name: String) {
        switch kind {
        case .pool: self = .pool(PoolName(name))
        case .target: self = .target(name)
        }
    }
}
