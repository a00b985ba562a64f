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

    /// An error in the envelope of the caller's dialect.
    static func error(_ error: APIError, _ dialect: APIDialect, requestID: String) -> Response {
        json(error.status, headers: headers(of: error)) { dialect.write(error, requestID: requestID, to: &$0) }
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
