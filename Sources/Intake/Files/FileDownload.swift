import HTTPTypes
import Hummingbird
import NIOCore
import Penstock

/// `GET /v1/files/{id}/content`: streams a file as fast as the client takes it, a chunk or a page of rows at a time.
struct FileDownload {
    private static let rowsPerPage = 200

    let ledger: any Ledger

    func response(_ file: FileRecord) -> Response {
        var headers: HTTPFields = [.contentType: "application/octet-stream"]
        headers[.contentDisposition] = "attachment; filename=\"\(Self.plain(file.filename))\""
        let body =
            switch file.content {
            case .chunks: chunks(of: file)
            case .rows(let batch, let kind): rows(of: batch, kind)
            }
        return Response(status: .ok, headers: headers, body: body)
    }

    private func chunks(of file: FileRecord) -> ResponseBody {
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
        }
    }

    private func rows(of batch: BatchID, _ kind: RowKind) -> ResponseBody {
        ResponseBody { [ledger] writer in
            var line = 0
            while true {
                let rows = try await ledger.rows(of: batch, kind, afterLine: line, limit: Self.rowsPerPage)
                guard let last = rows.last?.line?.number else { break }
                line = last
                try await writer.write(Self.text(of: rows))
            }
            try await writer.finish(nil)
        }
    }

    private static func text(of rows: [TerminalRow]) -> ByteBuffer {
        var buffer = ByteBuffer()
        for row in rows {
            buffer.writeBytes(row.batchOutputLine())
            buffer.writeInteger(UInt8(ascii: "\n"))
        }
        return buffer
    }

    /// The name as it may stand in a quoted header value.
    private static func plain(_ filename: String) -> String {
        String(filename.map { $0.isASCII && $0 != "\"" && $0 != "\\" ? $0 : "_" })
    }
}

/// A file's record is there, but not all of its bytes: the answer is broken off, so that nobody takes it for whole.
struct MissingChunk: Error {
    let file: FileID
    let number: Int
}
