import Penstock

/// Where credentials are looked up.
package struct SecretSource {
    var variable: (String) -> String?
    var file: (String) -> String?
}

extension TopologySettings {
    /// The names that stand in `api_key_env`. One of ours stays: it may be needed by all.
    func credentialVariables(_ root: SettingsSection) throws(SettingsError) -> Set<String> {
        let pools = try root.section("pools")
        var names: Set<String> = []
        for pool in pools.keys {
            let targets = try pools.section(pool).section("targets")
            for target in targets.keys {
                guard let name = try targets.section(target).scalar("api_key_env"), !name.hasPrefix("PENSTOCK_") else {
                    continue
                }
                names.insert(name)
            }
        }
        return names
    }

    func apiKey(_ section: SettingsSection) throws(SettingsError) -> Secret? {
        guard let secrets else { return nil }
        if let variable = try section.scalar("api_key_env") {
            guard let key = secrets.variable(variable) else {
                throw section.error("api_key_env", "names the environment variable \(variable), which is not set")
            }
            return Secret(key)
        }
        guard let path = try section.scalar("api_key_file") else { return nil }
        guard let key = secrets.file(path) else {
            throw section.error("api_key_file", "names \(path), which cannot be read or is empty")
        }
        return Secret(key)
    }
}

extension Settings {
    /// Drops the credentials of targets, for a process that only had to see that its children can read theirs.
    package mutating func forgetCredentials() {
        for pool in topology.pools.indices {
            for target in topology.pools[pool].targets.indices { topology.pools[pool].targets[target].apiKey = nil }
        }
    }
}
