import Mongo
package import Penstock

extension MongoLedger {
    private static let rowsAtOnce = 500

    /// The record goes last: a crash in between leaves it, and whoever removes old batches comes again.
    package func delete(_ batch: BatchRecord) async throws {
        for view in [batch.outputFile, batch.errorFile].compactMap({ $0 }) { _ = try await delete(view) }
        let rows: BSONDocument = ["batch": .text(batch.id.text)]
        while try await run({ session in try session.deleteRows(rows, limit: Self.rowsAtOnce) }) > 0 {}
        try await run { session in
            _ = try session.deleteMany(["_id": .text(batch.id.text)], in: MongoSchema.batches)
        }
    }

    package func deleteRow(of job: JobID) async throws -> Bool {
        let emptied: BSONDocument = [
            "$set": [
                "error_class": .text(TerminalRow.deletion.errorClass.rawValue),
                "error_message": .text(TerminalRow.deletion.message), "metadata": .bytes([]),
            ],
            "$unset": ["status": "", "request_id": "", "response": ""],
        ]
        return try await run { session in
            let isEmptied = try session.updateOne(
                ["_id": .text(job.text), "state": .text(TerminalState.cancelled.rawValue)],
                in: MongoSchema.jobs,
                to: emptied
            )
            return try isEmptied || session.deleteRows(["_id": .text(job.text)], limit: 1) > 0
        }
    }

    package func deleteFinishedJobs(of tenant: TenantID, before moment: Timestamp, limit: Int) async throws -> Int {
        // What finished before a moment was made before it: that is what the index knows.
        let old: BSONDocument = [
            "tenant": .text(tenant.text), "sort_key": ["$lt": .text(SortKey.of("", at: moment))],
            "finished_ms": ["$lt": .time(moment)],
        ]
        return try await run { session in try session.deleteRows(old, limit: min(limit, Self.rowsAtOnce)) }
    }

    package func deleteEndedDeliveries(of tenant: TenantID, before moment: Timestamp, limit: Int) async throws -> Int {
        try await run { session in
            let ids = try session.find(
                [
                    "tenant": .text(tenant.text), "sort_key": ["$lt": .text(SortKey.of("", at: moment))],
                    "state": ["$ne": "pending"],
                ],
                in: MongoSchema.deliveries,
                fields: ["_id": 1],
                limit: min(limit, Self.rowsAtOnce)
            ) { fields in try fields.text("_id") }
            guard !ids.isEmpty else { return 0 }
            return try session.deleteMany(["_id": ["$in": .texts(ids)]], in: MongoSchema.deliveries)
        }
    }

    package func expiredFiles(at moment: Timestamp, limit: Int) async throws -> [FileID] {
        try await run { session in
            try session.find(
                ["expires_ms": ["$lte": .time(moment)]],
                in: MongoSchema.files,
                fields: ["_id": 1],
                limit: max(0, limit)
            ) { fields in FileID(try fields.text("_id")) }
        }
    }

    package func forgetIdempotencyKeys(before moment: Timestamp) async throws -> Int {
        try await run { session in
            try session.deleteMany(["created_ms": ["$lt": .time(moment)]], in: MongoSchema.idempotency)
        }
    }
}

extension MongoSession {
    /// Removes rows, the bodies that are kept of them, and the parts of large answers.
    fileprivate func deleteRows(_ filter: BSONDocument, limit: Int) throws -> Int {
        let found = try find(
            filter,
            in: MongoSchema.jobs,
            fields: ["_id": 1, "response_key": 1, "response_parts": 1],
            limit: max(0, limit)
        ) { fields in (id: try fields.text("_id"), parts: try LargeBytes.Reference(fields)) }
        guard !found.isEmpty else { return 0 }
        for row in found { try row.parts?.remove(self) }
        let ids = BSONValue.texts(found.map(\.id))
        try deleteMany(["job": ["$in": ids]], in: MongoSchema.accepted)
        return try deleteMany(["_id": ["$in": ids]], in: MongoSchema.jobs)
    }
}
