/// What is wrong with the settings, in one sentence that names the key and what is allowed.
package struct SettingsError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    static func invalid(_ path: String, value: String, allowed: String) -> SettingsError {
        SettingsError("setting `\(path)`: \(value.debugDescription) is not allowed; it must be \(allowed)")
    }

    static func unknown(_ path: String, known: [String]) -> SettingsError {
        SettingsError("unknown setting `\(path)`; known are: \(known.sorted().joined(separator: ", "))")
    }
}
