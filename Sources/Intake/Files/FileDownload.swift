import HTTPTypes
import Hummingbird
import NIOCore
import Penstock

/// `GET /v1/files/{id}/content`: streams a file as fast as the client takes it, a chunk or a page of rows at a time.
struct FileDownload {
    let ledger: any Ledger

    /// - Throws: 429 or 503 when too much is being sent already.
    func response(_ file: FileRecord, _ context: AuthenticatedContext) throws -> Response {
        let budget = try PieceBudget(for: context, bytes: min(Int(file.bytes), FileChunk.size))
        var headers: HTTPFields = [.contentType: "application/octet-stream"]
        headers[.contentDisposition] = "attachment; filename=\"\(Self.plain(file.filename))\""
        let body =
            switch file.content {
            case .chunks: chunks(of: file, budget)
            case .rows(let batch, let kind): rows(of: batch, kind, budget)
            }
        return Response(status: .ok, headers: headers, body: body)
    }

    private func chunks(of file: FileRecord, _ budget: PieceBudget) -> ResponseBody {
        ResponseBody(contentLength: Int(file.bytes)) { [ledger] writer in
            var sent: Int64 = 0
            var number = 0
            while sent < file.bytes {
                guard let chunk = try await ledger.chunk(number, of: file.id), !chunk.isEmpty else {
                    throw MissingChunk(file: file.id, number: number)
                }
                sent += Int64(chunk.count)
                number += 1
                try await writer.write(ByteBuffer(bytes: chunk))
            }
            try await writer.finish(nil)
            // Counted until here.
            withExtendedLifetime(budget) {}
        }
    }

    private func rows(of batch: BatchID, _ kind: RowKind, _ budget: PieceBudget) -> ResponseBody {
        ResponseBody { [ledger] writer in
            var pages = ResultPages(of: batch, kind, from: ledger, budget: budget) { $0.writeOutputLine(to: &$1) }
            while let page = try await pages.next() { try await writer.write(page) }
            try await writer.finish(nil)
        }
    }

    /// The name as it may stand in a quoted header value.
    static func plain(_ filename: String) -> String {
        String(String.UnicodeScalarView(filename.unicodeScalars.map { isPlain($0) ? $0 : "_" }))
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        ("\u{20}"..."\u{7E}").contains(scalar) && scalar != "\"" && scalar != "\\"
    }
}

/// A file's record is there, but not all of its bytes: the answer is broken off, so that nobody takes it for whole.
struct MissingChunk: Error {
    let file: FileID
    let number: Int
}
