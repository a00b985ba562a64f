package import Intake

/// The `operations` section.
package struct OperationsSettings: Sendable {
    package var host: String
    package var port: Int
    package var maxConnections: Int
    /// Nil for plain HTTP.
    package var tls: ServerTLSFiles?

    init(_ values: ScalarSettings) throws(SettingsError) {
        host = values.text("operations.host")
        port = values.integer("operations.port")
        maxConnections = values.integer("operations.max_connections")
        tls = try ServerTLSFiles(values, section: "operations")
    }
}

extension ServerTLSFiles {
    /// - Returns: nil where the section names no files.
    /// - Throws: when one of them is missing.
    init?(_ values: ScalarSettings, section: String) throws(SettingsError) {
        let certificate = values.optionalText("\(section).certificate_file")
        let key = values.optionalText("\(section).key_file")
        guard (certificate == nil) == (key == nil) else {
            throw SettingsError(
                "\(section).certificate_file and \(section).key_file belong together: one of them is missing"
            )
        }
        guard let certificate, let key else { return nil }
        self.init(certificate: certificate, key: key)
    }
}
