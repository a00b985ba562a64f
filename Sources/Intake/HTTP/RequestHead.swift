import HTTPTypes
import HummingbirdCore

/// What a head must be, whatever it asks for.
enum RequestHead {
    /// - Throws: 400 unless there is one `Host`, 501 for a transfer coding that is not `chunked`.
    static func check(_ request: Request) throws {
        guard request.head.authority != nil else {
            throw APIError.badRequest("Send a `Host` header.", param: nil, code: "missing_host")
        }
        // The first one became the authority.
        guard request.headers[.host] == nil else {
            throw APIError.badRequest("Send one `Host` header.", param: nil, code: "duplicate_host")
        }
        guard let coding = request.headers[.transferEncoding] else { return }
        guard coding.lowercased() == "chunked" else {
            throw APIError(
                .notImplemented,
                code: "unknown_transfer_coding",
                "The only transfer coding here is `chunked`."
            )
        }
    }
}
