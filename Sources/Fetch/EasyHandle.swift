import CCurl

/// A curl easy handle and the error text that curl writes for it. Confined to the curl thread; freed in `deinit`.
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    private let errorText = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init?() {
        guard let raw = curl_easy_init() else {
            errorText.deallocate()
            return nil
        }
        self.raw = raw
    }

    deinit {
        curl_easy_cleanup(raw)
        errorText.deallocate()
    }

    /// Curl's detail on the last failure; may be empty.
    var detail: String {
        String(decoding: errorText.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Back to a fresh handle; keeps nothing of the last request.
    func reset() {
        curl_easy_reset(raw)
    }

    /// Points curl at the error text, which must outlive each transfer.
    func prepareErrorText() -> CURLcode {
        errorText[0] = 0
        return ccurl_set_pointer(raw, CURLOPT_ERRORBUFFER, errorText.baseAddress)
    }

    /// An integer fact about the last transfer; 0 if curl has none.
    func long(_ info: CURLINFO) -> Int {
        var value = 0
        return ccurl_get_long(raw, info, &value) == CURLE_OK ? value : 0
    }

    /// A time of the last transfer; zero if curl has none.
    func microseconds(_ info: CURLINFO) -> Duration {
        var value: curl_off_t = 0
        return ccurl_get_offset(raw, info, &value) == CURLE_OK ? .microseconds(Int64(value)) : .zero
    }
}

/// Keeps handles for reuse: making one costs several kilobytes of allocations. Confined to the curl thread.
struct EasyPool {
    private static let limit = 256
    private let bufferSize: Int
    private var free: [EasyHandle] = []

    init(bufferSize: Int) {
        self.bufferSize = bufferSize
    }

    /// A handle without any option but its buffer size; nil if memory is short.
    mutating func take() -> EasyHandle? {
        if let handle = free.popLast() { return handle }
        guard let handle = EasyHandle(), setBuffer(of: handle) else { return nil }
        return handle
    }

    /// Keeps the handle unless it still holds a buffer, as after a failure or on a shared HTTP/2 connection: curl then
    /// refuses to have the size set that the reset has undone.
    mutating func give(back handle: EasyHandle) {
        handle.reset()
        if free.count < Self.limit, setBuffer(of: handle) { free.append(handle) }
    }

    private func setBuffer(of handle: EasyHandle) -> Bool {
        ccurl_set_long(handle.raw, CURLOPT_BUFFERSIZE, bufferSize) == CURLE_OK
    }
}
