import Hummingbird
import JSON
import Penstock

extension Response {
    /// What one request to cancel a backlog came to.
    static func cancellation(_ portion: BacklogCancellation.Portion) -> Response {
        json { writer in
            writer.object { writer in
                writer.member("object", "cancellation")
                writer.member("cancelled", portion.jobs)
                writer.member("batches_cancelling", portion.batches)
                writer.member("has_more", portion.hasMore)
            }
        }
    }
}

/// The body of a request to cancel a backlog.
enum CancellationFields {
    /// - Returns: the class whose work is meant; nil for all.
    /// - Throws: 400.
    static func read(_ body: [UInt8]) throws -> JobClass? {
        guard !body.isEmpty else { return nil }
        let fields = try JSONFields(body: body)
        try fields.allowOnly(["class"])
        return try fields.choice("class")
    }
}
