import Mongo
package import Penstock

extension MongoLedger {
    /// By kind and name.
    package func pauses() async throws -> [Pause] {
        try await run { session in
            try session.find([:], in: MongoSchema.pauses, sort: ["_id": 1], PauseDocument.read)
        }
    }

    package func put(_ pause: Pause) async throws {
        try await run { session in
            _ = try session.updateOne(
                ["_id": .text(PauseDocument.id(of: pause.subject))],
                in: MongoSchema.pauses,
                to: ["$set": .document(PauseDocument.members(of: pause))],
                upsert: true
            )
        }
    }

    package func removePause(of subject: PauseSubject) async throws -> Bool {
        try await run { session in
            try session.deleteMany(["_id": .text(PauseDocument.id(of: subject))], in: MongoSchema.pauses) > 0
        }
    }
}

/// The collection `pauses`.
private enum PauseDocument {
    static func id(of subject: PauseSubject) -> String { "\(subject.kind.rawValue)/\(subject.name)" }

    static func members(of pause: Pause) -> BSONDocument {
        [
            "kind": .text(pause.subject.kind.rawValue), "name": .text(pause.subject.name),
            "since_ms": .time(pause.since),
            "paused_by": .text(pause.by), "reason": pause.reason.map { .text($0) } ?? .null,
        ]
    }

    static func read(_ fields: borrowing BSONFields) throws -> Pause {
        let kind = try fields.word("kind", PauseKind.init(rawValue:))
        return Pause(
            subject: PauseSubject(kind, try fields.text("name")),
            since: try fields.time("since_ms"),
            by: try fields.text("paused_by"),
            reason: try fields.optionalText("reason")
        )
    }
}
