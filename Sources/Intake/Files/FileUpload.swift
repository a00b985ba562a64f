import Hummingbird
import NIOCore
import Penstock

/// `POST /v1/files`: streams a form into the ledger. The next piece is read when the last one is stored, so a slow
/// ledger slows the client and a file is never in memory.
struct FileUpload {
    /// What the form may have beside the file: boundaries, heads, fields. Twice that while a piece is being read.
    private static let overhead = 64 << 10

    let ledger: any FileLedger
    let quotas: QuotaKeeper
    let limit: Int
    /// Whether the file may have come before, so that its content has to be known again.
    let isHashed: Bool
    let clock: WallClock

    /// - Parameter place: knows the file of the same request that came before.
    /// - Returns: the file, which is now visible; the one that is there where the same request came before.
    /// - Throws: 400, 403, 413, 503, or what the ledger throws. Nothing is kept then.
    func receive(
        _ request: Request,
        from body: BodyReader,
        tenant: TenantID,
        place: UploadPlace
    ) async throws -> FileRecord {
        let boundary = try MultipartParser.boundary(ofContentType: request.headers[.contentType])
        guard (body.declaredLength ?? 0) <= limit + Self.overhead else {
            throw APIError.tooLarge("A file", limit: limit)
        }
        let declared = body.declaredLength.map { max(1, $0 - Self.overhead) }
        let room = try await quotas.room(of: tenant, declared: declared)
        let now = clock.now()
        let id = IDGenerator.file(at: now)
        let file = ChunkedUpload(id, to: ledger, limit: limit, room: room, isHashed: isHashed, at: now)
        return try await ledger.receiving(id) {
            try await receive(MultipartParser(boundary: boundary), from: body, as: file, tenant, place, at: now)
        }
    }

    /// - Returns: the file, and whether it is the one that came.
    private func receive(
        _ parser: consuming MultipartParser,
        from body: BodyReader,
        as file: ChunkedUpload,
        _ tenant: TenantID,
        _ place: UploadPlace,
        at now: Timestamp
    ) async throws -> (FileRecord, isKept: Bool) {
        var form = UploadForm()
        var file = file
        try await receive(parser, from: body, into: &form, &file)
        let lifetime = try form.finish()
        guard let filename = form.filename, file.bytes > 0 else {
            throw APIError.badRequest("The file is empty.", param: "file", code: "empty_file")
        }
        try await file.finish()
        let hash = file.hash(of: filename)
        if let hash, let earlier = try await place.earlier(than: file.id, hash: hash) {
            return (earlier, isKept: false)
        }
        let record = FileRecord(
            id: file.id,
            tenant: tenant,
            filename: filename,
            purpose: .batch,
            bytes: Int64(file.bytes),
            createdAt: now,
            expiresAt: now.adding(lifetime ?? ExpiresAfter.standard),
            content: .chunks
        )
        try await ledger.insert(record)
        if let hash, let other = try await place.other(than: file.id, hash: hash) {
            _ = try await ledger.delete(file.id)
            return (other, isKept: false)
        }
        return (record, isKept: true)
    }

    private func receive(
        _ parser: consuming MultipartParser,
        from body: BodyReader,
        into form: inout UploadForm,
        _ file: inout ChunkedUpload
    ) async throws {
        while let chunk = try await body.next() {
            parser.append(chunk.readableBytesView)
            while let event = try parser.next() { try await handle(event, &form, &file) }
            // All that is not the file's: ignored fields and what follows the closing boundary, too.
            guard body.received - file.bytes <= 2 * Self.overhead else {
                throw APIError.tooLarge("What a form has beside its file", limit: Self.overhead)
            }
        }
        guard parser.isFinished else { throw MultipartError.incomplete }
    }

    private func handle(_ event: MultipartParser.Event, _ form: inout UploadForm, _ file: inout ChunkedUpload)
        async throws
    {
        switch event {
        case .partBegins(let part): try form.begin(part)
        case .data(let data):
            if try form.take(data) { try await file.write(data) }
        case .partEnds: try form.endPart()
        case .formEnds: break
        }
    }
}
