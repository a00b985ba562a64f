import JSON
import Penstock

/// The `metadata` of batches and jobs: the caller's own pairs, within OpenAI's limits.
enum MetadataField {
    private static let maxPairs = 16
    private static let maxKey = 64
    private static let maxValue = 512

    /// - Returns: nil when there is no metadata.
    static func read(_ fields: JSONFields) throws -> [MetadataPair]? {
        guard let metadata = try fields.fields("metadata") else { return nil }
        var pairs: [MetadataPair] = []
        for (key, value) in metadata.object.members {
            guard let text = value.string, isFit(key, maxKey), !key.isEmpty, isFit(text, maxValue) else {
                throw APIError.badRequest(
                    "Metadata keys are texts of 1 to \(maxKey) characters, values texts of at most \(maxValue).",
                    param: "metadata.\(key)"
                )
            }
            pairs.append(MetadataPair(key: key, value: text))
        }
        guard pairs.count <= maxPairs else { throw fields.wrong("metadata", "at most \(maxPairs) pairs") }
        return pairs
    }

    static func write(_ pairs: [MetadataPair], to writer: inout JSONWriter) {
        writer.object { writer in
            for pair in pairs { writer.member(pair.key, pair.value) }
        }
    }

    private static func isFit(_ text: String, _ limit: Int) -> Bool {
        text.unicodeScalars.count <= limit && !text.utf8.contains(0)
    }
}
