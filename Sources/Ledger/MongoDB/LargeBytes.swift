import Mongo
import Penstock

/// An answer that would not fit into one document (MongoDB's limit is 16 MiB), cut into parts.
///
/// They lie under a key of their own, so that two rows that compete for a job do not mix theirs. The parts are written
/// before the row that refers to them.
struct LargeBytes: Sendable {
    /// Bytes up to which an answer stays in its row, and of every part but the last.
    static let limit = 8 << 20

    let key: String
    private let bytes: [UInt8]

    /// - Returns: nil for bytes that fit.
    init?(_ bytes: [UInt8], of job: JobID) {
        guard bytes.count > Self.limit else { return nil }
        key = "\(job.text)/\(IDGenerator.attempt().text)"
        self.bytes = bytes
    }

    var byteCount: Int { bytes.count }
    var count: Int { (bytes.count + Self.limit - 1) / Self.limit }

    func put(_ session: MongoSession) throws {
        for number in 0..<count {
            let start = number * Self.limit
            let part = Array(bytes[start..<min(start + Self.limit, bytes.count)])
            try session.insertNew(
                ["_id": .text(Reference.id(key, number)), "bytes": .bytes(part)],
                into: MongoSchema.responseParts
            )
        }
    }

    /// Of a row that lost.
    func remove(_ session: MongoSession) throws { try Reference(key: key, count: count).remove(session) }

    /// What a row says about its parts.
    struct Reference: Sendable {
        let key: String
        let count: Int

        fileprivate init(key: String, count: Int) {
            self.key = key
            self.count = count
        }

        /// - Returns: nil for a row that has its answer in itself.
        init?(_ fields: borrowing BSONFields) throws {
            guard let key = try fields.optionalText("response_key") else { return nil }
            self.key = key
            count = try fields.int("response_parts")
        }

        func remove(_ session: MongoSession) throws {
            let ids = (0..<count).map { Self.id(key, $0) }
            try session.deleteMany(["_id": ["$in": .texts(ids)]], in: MongoSchema.responseParts)
        }

        func fetch(_ session: MongoSession) throws -> [UInt8] {
            var bytes: [UInt8] = []
            for number in 0..<count {
                let part = try session.first(
                    ["_id": .text(Self.id(key, number))],
                    in: MongoSchema.responseParts
                ) { fields in try fields.bytes("bytes") }
                guard let part else { throw LedgerUnavailable("a part of an answer is missing") }
                bytes += part
            }
            return bytes
        }

        static func id(_ key: String, _ number: Int) -> String { "\(key)/\(number)" }
    }
}
