import CCurl
import Glibc

/// A checked request in the form that curl reads it, made on the caller's side to keep the curl thread free.
///
/// Owns its header list and body until the last reference goes. `@unchecked Sendable`: nothing changes after `init`, and
/// curl only reads through the pointers.
final class RequestPlan: @unchecked Sendable {
    let request: FetchRequest
    /// Freed in `deinit`.
    let headerList: UnsafeMutablePointer<curl_slist>?
    /// Freed in `deinit`. Nil: no body and no content length.
    let body: UnsafeMutableRawBufferPointer?

    /// - Throws: `invalidRequest`.
    init(_ request: FetchRequest) throws(FetchError) {
        try RequestRules.check(request)
        var list: UnsafeMutablePointer<curl_slist>?
        for line in RequestRules.headerLines(request) {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw FetchError(.other, "out of memory")
            }
            list = longer
        }
        headerList = list
        body = RequestRules.body(request).map { bytes in
            // At least one byte, so that an empty body has an address too.
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
            copy.copyBytes(from: bytes)
            return UnsafeMutableRawBufferPointer(rebasing: copy[..<bytes.count])
        }
        self.request = request
    }

    deinit {
        curl_slist_free_all(headerList)
        body?.baseAddress?.deallocate()
    }
}
