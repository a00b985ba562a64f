import Penstock

/// The Redis keys of the fleet board: under a hash tag of their own, which no pool can have.
struct FleetKeys {
    private static let prefix = PoolKeys.layout + "{*}:"
    /// What the scripts call the keys.
    static let scriptNames = ["WORKERS", "FLEETS", "PLAN", "TURN", "BELL"]

    /// In the order of `scriptNames`.
    let all: [String]

    init(_ set: WorkerSetName) {
        all = ["workers"].map { Self.prefix + $0 } + ["fleets", "plan", "turn", "bell"].map { Self.key($0, of: set) }
    }

    static func key(_ kind: String, of set: WorkerSetName) -> String { "\(prefix)\(kind):\(set)" }

    /// The keys that a script declares.
    func of(_ script: QueueScript) -> [String] { script.keys.map { all[$0] } }
}

/// The scripts of the fleet board. They use nothing of the pools' library.
enum FleetScripts {
    static let report = script("fleet_report", PackageResources.fleet_report_lua)
    static let look = script("fleet_look", PackageResources.fleet_look_lua)
    static let claim = script("fleet_claim", PackageResources.fleet_claim_lua)
    static let publish = script("fleet_publish", PackageResources.fleet_publish_lua)

    private static let linker = ScriptLinker(library: [], keyNames: FleetKeys.scriptNames)

    private static func script(_ name: String, _ operation: [UInt8]) -> QueueScript {
        QueueScript(name: name, linked: linker.link(operation), worksWhenFull: true)
    }
}
