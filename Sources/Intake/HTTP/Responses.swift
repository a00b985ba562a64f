import HTTPTypes
import Hummingbird
import JSON
import NIOCore

extension Response {
    /// A JSON answer in one buffer, which goes out in one write.
    static func json(
        _ status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:],
        _ write: (inout JSONWriter) -> Void
    ) -> Response {
        var writer = JSONWriter()
        write(&writer)
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: writer.bytes))
        )
    }

    /// OpenAI's error envelope.
    static func error(_ error: APIError) -> Response {
        json(error.status, headers: headers(of: error)) { writer in
            writer.object { writer in
                writer.key("error")
                writer.object { writer in
                    writer.member("message", error.message)
                    writer.member("type", error.type)
                    writer.member("param", error.param)
                    writer.member("code", error.code)
                }
            }
        }
    }

    private static func headers(of error: APIError) -> HTTPFields {
        var headers: HTTPFields = [:]
        if let seconds = error.retryAfter { headers[.retryAfter] = String(seconds) }
        if error.isFinal { headers[.shouldRetry] = "false" }
        if let allow = error.allow { headers[.allow] = allow }
        if error.status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        return headers
    }
}
