/// The back-pressure accounting of one stream. Pure.
///
/// At or above `limit` waiting bytes nothing more is accepted and the transfer counts as paused. The reader takes all
/// waiting bytes at once, so the low-water mark at which it resumes is zero by construction.
struct StreamBuffer {
    private let limit: Int
    private var bytes: [UInt8] = []
    private(set) var isPaused = false

    init(limit: Int) {
        self.limit = limit
    }

    /// Keeps a copy of `chunk`; false if there is no room: the transfer is then paused.
    mutating func offer(_ chunk: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count < limit else {
            isPaused = true
            return false
        }
        bytes.append(contentsOf: chunk)
        return true
    }

    /// All waiting bytes, and whether the transfer must be resumed now; nil if there are none.
    mutating func take() -> (bytes: [UInt8], resume: Bool)? {
        guard !bytes.isEmpty else { return nil }
        defer {
            bytes = []
            isPaused = false
        }
        return (bytes, isPaused)
    }
}
