import Penstock

extension HeaderRules {
    /// - Throws: `SettingsError` that names a header which must not be passed on.
    init(_ values: ScalarSettings) throws(SettingsError) {
        self.init(
            anthropic: try Self.names("intake.anthropic_headers", values),
            openAI: try Self.names("intake.openai_headers", values)
        )
    }

    private static func names(_ path: String, _ values: ScalarSettings) throws(SettingsError) -> [String] {
        var names: [String] = []
        for part in values.text(path).lowercased().split(separator: ",") {
            let name = part.filter { $0 != " " }
            if let objection = objection(to: name) {
                throw SettingsError("setting `\(path)`: `\(name)` \(objection), so it is not passed on")
            }
            names.append(name)
        }
        return names
    }
}
