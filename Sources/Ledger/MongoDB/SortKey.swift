import Mongo
import Penstock

/// The member `sort_key`: a text that orders by creation, then by id, so that one range serves a page of a listing.
enum SortKey {
    static let field = "sort_key"
    /// Sorts after every key.
    static let end = "~"

    static func of(_ id: String, at time: Timestamp) -> String {
        let digits = String(max(0, time.milliseconds))
        return String(repeating: "0", count: max(0, 15 - digits.utf8.count)) + digits + "/" + id
    }

    /// The key at which a page goes on. A cursor without a document (deleted since, or a job that still waits) stands
    /// where its id says it was made.
    ///
    /// - Returns: nil when the id does not say so: it is past the end.
    static func of(
        cursor id: String,
        in collection: String,
        by field: String = field,
        _ session: MongoSession
    ) throws -> String? {
        let stored = try session.first(
            ["_id": .text(id)],
            in: collection,
            fields: [field: 1]
        ) { fields in try fields.optionalText(field) }
        if let stored, let stored { return stored }
        return IDGenerator.mintingTime(of: id).map { of(id, at: $0) }
    }
}
