import Hummingbird
import JSON
import Penstock

/// `/v1/files`.
struct FilesController: Sendable {
    let ledger: any Ledger
    let creations: Creations
    let quotas: QuotaKeeper
    let maxFileBytes: Int
    let clock: WallClock
    let metrics: IntakeMetrics

    func addRoutes(to section: RouteSection<AuthenticatedContext>) {
        section.on(.post, "/v1/files", use: upload)
        section.on(.get, "/v1/files", use: list)
        section.on(.get, "/v1/files/{id}", use: retrieve)
        section.on(.delete, "/v1/files/{id}", use: delete)
        section.on(.get, "/v1/files/{id}/content", use: content)
    }

    @Sendable
    private func upload(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let key = try IdempotencyKeyHeader.read(request.headers)
        let isHashed = key != nil || RepetitionHeader.read(request.headers) != nil
        let upload = FileUpload(
            ledger: ledger,
            quotas: quotas,
            limit: maxFileBytes,
            isHashed: isHashed,
            clock: clock
        )
        let place = UploadPlace(
            creations: creations,
            key: key,
            headers: request.headers,
            tenant: context.tenant,
            exchange: context.exchange
        )
        try context.body.holdPiece(of: FileChunk.size)
        let file = try await upload.receive(request, from: context.body, tenant: context.tenant, place: place)
        metrics.uploaded(bytes: Int(file.bytes))
        return .json { FileObject.write(file, to: &$0) }
    }

    @Sendable
    private func list(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let query = try Query(request.uri.query)
        let limit = try query.int("limit", in: 1...10_000, default: 10_000)
        let order = try query.choice("order", of: SortOrder.self) ?? .descending
        let purpose = try query["purpose"]
        let known = purpose.flatMap(FilePurpose.init(rawValue:))
        // OpenAI has more purposes; there are no files of those here.
        let files =
            purpose != nil && known == nil
            ? []
            : try await ledger.files(
                of: context.tenant,
                purpose: known,
                after: try query.cursor().map(FileID.init),
                newestFirst: order == .descending,
                limit: limit + 1
            )
        return .list(ListPage(files, limit: limit), id: \.id.text, write: FileObject.write)
    }

    @Sendable
    private func retrieve(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let file = try await find(context)
        return .json { FileObject.write(file, to: &$0) }
    }

    @Sendable
    private func content(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        try FileDownload(ledger: ledger).response(try await find(context), context)
    }

    @Sendable
    private func delete(_ request: Request, _ context: AuthenticatedContext) async throws -> Response {
        let file = try await find(context)
        guard try await !ledger.unfinishedBatches().contains(where: { $0.inputFile == file.id }) else {
            throw APIError(.conflict, code: "file_in_use", "The file is the input of a batch that has not ended.")
        }
        guard try await ledger.delete(file.id) else { throw APIError.notFound("file") }
        return .json { writer in
            writer.object { writer in
                writer.member("id", file.id.text)
                writer.member("object", "file")
                writer.member("deleted", true)
            }
        }
    }

    private func find(_ context: AuthenticatedContext) async throws -> FileRecord {
        let id = FileID(try context.pathParameter("id"))
        let now = clock.now()
        var found = try await ledger.file(id)
        if found == nil { found = try await growingView(id, at: now) }
        guard let file = found, file.tenant == context.tenant, !file.isExpired(at: now) else {
            throw APIError.notFound("file")
        }
        return file
    }

    /// The rows that a batch has by now: its files can be read while it runs.
    private func growingView(_ id: FileID, at now: Timestamp) async throws -> FileRecord? {
        guard let (batch, kind) = id.view, let record = try await ledger.batch(batch), !record.state.isTerminal
        else { return nil }
        let bytes = try await ledger.outputBytes(of: batch, kind)
        guard bytes > 0 else { return nil }
        return FileRecord(kind, of: record, bytes: bytes, createdAt: record.inProgressAt ?? now, expiresAt: nil)
    }
}

/// The order of a listing by creation.
enum SortOrder: String, CaseIterable {
    case ascending = "asc"
    case descending = "desc"
}
