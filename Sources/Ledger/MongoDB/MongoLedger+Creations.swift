import Mongo
package import Penstock

extension MongoLedger {
    package func begin(_ creation: Creation) async throws {
        try await run { session in
            _ = try session.insertNew(CreationDocument.of(creation), into: MongoSchema.creations)
        }
    }

    package func answered(_ creation: Creation) async throws {
        try await run { session in
            _ = try session.updateOne(
                ["_id": .text(CreationDocument.id(of: creation))],
                in: MongoSchema.creations,
                to: ["$set": .document(["is_answered": true])]
            )
        }
    }

    package func forget(_ creation: Creation) async throws {
        try await run { session in
            _ = try session.deleteMany(["_id": .text(CreationDocument.id(of: creation))], in: MongoSchema.creations)
        }
    }

    package func claim(_ content: CreationContent, repetition number: Int, since moment: Timestamp) async throws
        -> Creation?
    {
        try await run { session in
            while let found = try CreationDocument.find(content, claimedLessThan: number, since: moment, session) {
                let isClaimed = try session.updateOne(
                    ["_id": .text(CreationDocument.id(of: found.creation)), "claims": .integer(found.claims)],
                    in: MongoSchema.creations,
                    to: ["$inc": .document(["claims": 1])]
                )
                // Else somebody else's repetition came in between.
                if isClaimed { return found.creation }
            }
            return nil
        }
    }

    package func forgetCreations(before moment: Timestamp) async throws -> Int {
        try await run { session in
            try session.deleteMany(["created_ms": .document(["$lt": .time(moment)])], in: MongoSchema.creations)
        }
    }
}

/// The collection `creations`.
private enum CreationDocument {
    /// Neither tenants, scopes nor hashes hold a slash.
    static func content(_ content: CreationContent) -> String {
        "\(content.tenant.text)/\(content.scope)/\(content.hash)"
    }

    static func id(of creation: Creation) -> String { "\(content(creation.content))/\(creation.id)" }

    /// Those of requests that were answered have `is_answered` as well.
    static func of(_ creation: Creation) -> BSONDocument {
        [
            "_id": .text(id(of: creation)), "content": .text(content(creation.content)), "id": .text(creation.id),
            "created_ms": .time(creation.at), "claims": 0,
        ]
    }

    static func find(
        _ content: CreationContent,
        claimedLessThan number: Int,
        since moment: Timestamp,
        _ session: MongoSession
    ) throws -> (creation: Creation, claims: Int)? {
        let found = try session.find(
            [
                "content": .text(Self.content(content)), "created_ms": .document(["$gte": .time(moment)]),
                "claims": .document(["$lt": .integer(number)]),
            ],
            in: MongoSchema.creations,
            // What is missing comes before what is true.
            sort: ["is_answered": 1, "claims": -1, "created_ms": -1, "id": -1],
            limit: 1
        ) { fields in
            let creation = Creation(content: content, id: try fields.text("id"), at: try fields.time("created_ms"))
            return (creation: creation, claims: try fields.int("claims"))
        }
        return found.first
    }
}
