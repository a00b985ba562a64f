/// The status line and header fields of a final response.
struct ResponseHead: Sendable, Equatable {
    var status: Int
    var version: FetchVersion
    var headers = FetchHeaders()

    /// The declared body length, if there is exactly one and it is a number.
    var contentLength: Int? {
        let values = headers.values("content-length")
        return values.count == 1 ? Int(values[0]) : nil
    }
}

/// Builds a `ResponseHead` from header lines as curl hands them out: one or more blocks, of which all but the last are
/// informational (1xx), then perhaps trailers.
struct ResponseHeadParser {
    enum Step: Equatable {
        case more
        /// The final header section has ended.
        case complete(ResponseHead)
        case tooLarge
        case malformed
    }

    private enum State {
        case awaitingStatus
        case fields(ResponseHead)
        case complete
    }

    private var state = State.awaitingStatus
    private var bytesLeft: Int

    init(maxBytes: Int) {
        bytesLeft = maxBytes
    }

    mutating func consume(_ line: UnsafeRawBufferPointer) -> Step {
        bytesLeft -= line.count
        guard bytesLeft >= 0 else { return .tooLarge }
        switch state {
        case .complete: return .more
        case .awaitingStatus: return start(text(line[...]))
        case .fields(var head):
            if isBlank(line) { return finish(head) }
            guard addField(line, to: &head) else { return .malformed }
            state = .fields(head)
            return .more
        }
    }

    private mutating func start(_ line: String) -> Step {
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/"), let status = Int(parts[1]), (100...999).contains(status),
            let version = Self.version(parts[0].dropFirst(5))
        else { return .malformed }
        state = .fields(ResponseHead(status: status, version: version))
        return .more
    }

    private mutating func finish(_ head: ResponseHead) -> Step {
        guard head.status >= 200 else {
            state = .awaitingStatus
            return .more
        }
        state = .complete
        return .complete(head)
    }

    private func addField(_ line: UnsafeRawBufferPointer, to head: inout ResponseHead) -> Bool {
        if line[0] == UInt8(ascii: " ") || line[0] == UInt8(ascii: "\t") {
            head.headers.extendLast(with: text(line[...]))
            return true
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return false }
        head.headers.add(text(line[..<colon]), text(line[(colon + 1)...]))
        return true
    }

    private func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
        line.allSatisfy { $0 == 13 || $0 == 10 }
    }

    /// The text without surrounding blanks: UTF-8, or Latin-1 where the bytes are not UTF-8.
    private func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let isBlank = { (byte: UInt8) in byte == 32 || (9...13).contains(byte) }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        let trimmed = bytes[first...last]
        return String(validating: trimmed, as: UTF8.self)
            ?? String(String.UnicodeScalarView(trimmed.map { Unicode.Scalar($0) }))
    }

    private static func version(_ text: Substring) -> FetchVersion? {
        switch text {
        case "1.0": .http10
        case "1.1": .http11
        case "2", "2.0": .http2
        default: nil
        }
    }
}
