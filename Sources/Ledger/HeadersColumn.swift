import JSON
import Penstock

/// The headers of an accepted job as text; nil where there are none, as in rows of earlier versions.
extension ProviderHeaders {
    var column: String? { isEmpty ? nil : String(decoding: json, as: UTF8.self) }

    /// - Returns: nil for a text that is none of these.
    init?(column: String?) {
        guard let column else {
            self.init()
            return
        }
        guard let document = try? JSONDocument(parsing: Array(column.utf8)) else { return nil }
        self.init(json: document.root)
    }
}
