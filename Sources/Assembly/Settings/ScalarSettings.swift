/// The checked values of all scalar settings: environment before file before default.
struct ScalarSettings {
    /// Variables that begin with `PENSTOCK_` and a section's name must be settings; a misspelt one would be ignored.
    private static let prefix = "PENSTOCK_"
    private let values: [String: String]

    init(_ root: SettingsSection, environment: [String: String]) throws(SettingsError) {
        try Self.refuseUnknownVariables(environment)
        for section in SettingDefinition.sections {
            let known = SettingDefinition.all.map(\.path).filter { $0.hasPrefix("\(section).") }
            try root.section(section).refuseUnknown(known.map { String($0.dropFirst(section.count + 1)) })
        }
        var values: [String: String] = [:]
        for definition in SettingDefinition.all {
            let value = try Self.value(of: definition, root, environment)
            guard definition.accepts(value) else {
                // The value itself may hold a password.
                let shown = ["redis.url", "ledger.url"].contains(definition.path) ? "the value" : value
                throw .invalid(definition.path, value: shown, allowed: definition.allowed)
            }
            values[definition.path] = value
        }
        self.values = values
    }

    private static func value(
        of definition: SettingDefinition,
        _ root: SettingsSection,
        _ environment: [String: String]
    ) throws(SettingsError) -> String {
        if let value = environment[definition.variable] { return value }
        let parts = definition.path.split(separator: ".", maxSplits: 1).map(String.init)
        return try root.section(parts[0]).scalar(parts[1]) ?? definition.defaultValue
    }

    private static func refuseUnknownVariables(_ environment: [String: String]) throws(SettingsError) {
        let known = Set(SettingDefinition.all.map(\.variable))
        let prefixes = SettingDefinition.sections.map { prefix + $0.uppercased() + "_" }
        for name in environment.keys.sorted() where !known.contains(name) {
            guard let prefix = prefixes.first(where: { name.hasPrefix($0) }) else { continue }
            throw SettingsError(
                "environment variable \(name) is no setting; known are: "
                    + known.filter { $0.hasPrefix(prefix) }.sorted().joined(separator: ", ")
            )
        }
    }

    func text(_ path: String) -> String { values[path] ?? "" }

    func optionalText(_ path: String) -> String? {
        let text = text(path)
        return text.isEmpty ? nil : text
    }

    /// Checked before, so the fallback is never taken.
    func integer(_ path: String) -> Int { Int(text(path)) ?? 0 }

    /// An integer in which 0 stands for no limit.
    func limit(_ path: String) -> Int? {
        let value = integer(path)
        return value == 0 ? nil : value
    }

    func flag(_ path: String) -> Bool { text(path) == "true" }
}
