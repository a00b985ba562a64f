/// Takes a `multipart/form-data` body (RFC 7578) apart while it arrives.
///
/// Append a chunk, then take events until there are none. It keeps at most one chunk and one header block, and what it
/// says does not depend on how the body is cut, except that the data of a part may come in other pieces.
struct MultipartParser {
    enum Event: Equatable {
        case partBegins(MultipartPart)
        case data(ArraySlice<UInt8>)
        case partEnds
        /// The closing boundary; whatever follows means nothing.
        case formEnds
    }

    private enum State {
        /// Before the first boundary.
        case preamble
        /// Right after a boundary.
        case afterBoundary
        case headers
        case data
        case finished
    }

    /// Bytes of the header block of a part.
    private static let maxHeaderBytes = 8 << 10
    private static let maxPreambleBytes = 1 << 10
    private static let lineBreak: [UInt8] = [13, 10]
    private static let closing = [UInt8](repeating: UInt8(ascii: "-"), count: 2)

    /// What separates parts: it belongs to no part's data.
    private let delimiter: [UInt8]
    private var state = State.preamble
    /// Bytes that are not dealt with yet begin at `start`. The first boundary may stand at the very beginning, so the
    /// line break that precedes every other one is put there.
    private var buffer = MultipartParser.lineBreak
    private var start = 0
    private var preambleBytes = 0

    /// - Parameter boundary: as the content type gives it, without dashes.
    init(boundary: String) {
        delimiter = Self.lineBreak + Self.closing + Array(boundary.utf8)
    }

    /// The boundary of a content type.
    ///
    /// - Throws: `noBoundary` for any other type.
    static func boundary(ofContentType text: String?) throws(MultipartError) -> String {
        guard let text, let type = HeaderParameters(text.utf8), type.value == "multipart/form-data",
            let boundary = type.text("boundary"), (1...70).contains(boundary.utf8.count)
        else { throw .noBoundary }
        return boundary
    }

    var isFinished: Bool { state == .finished }

    mutating func append(_ chunk: some Collection<UInt8>) {
        buffer.removeFirst(start)
        start = 0
        if state != .finished { buffer.append(contentsOf: chunk) }
    }

    /// The next event; nil when more bytes are needed, or after the end.
    mutating func next() throws(MultipartError) -> Event? {
        while true {
            switch state {
            case .preamble:
                guard try skipPreamble() else { return nil }
                state = .afterBoundary
            case .afterBoundary:
                guard let next = try passLineEnd() else { return nil }
                state = next
                if next == .finished { return .formEnds }
            case .headers:
                guard let part = try takeHeaders() else { return nil }
                state = .data
                return .partBegins(part)
            case .data: return takeData()
            case .finished: return nil
            }
        }
    }

    private mutating func skipPreamble() throws(MultipartError) -> Bool {
        let (end, found) = searchDelimiter()
        preambleBytes += end - start
        start = found ? end + delimiter.count : end
        guard preambleBytes <= Self.maxPreambleBytes else { throw .preambleTooLong }
        return found
    }

    /// After a boundary: `--` ends the form, a line break (blanks before it are allowed) begins a part.
    private mutating func passLineEnd() throws(MultipartError) -> State? {
        let rest = buffer[start...]
        if rest.starts(with: Self.closing) { return .finished }
        if rest.count < 2, Self.closing.starts(with: rest) { return nil }
        let line = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        if line.starts(with: Self.lineBreak) {
            start = line.startIndex + 2
            return .headers
        }
        guard Self.lineBreak.starts(with: line), rest.count <= delimiter.count + 64 else { throw .malformed }
        return nil
    }

    private mutating func takeHeaders() throws(MultipartError) -> MultipartPart? {
        let rest = buffer[start...]
        // A part without any header has no name.
        if rest.starts(with: Self.lineBreak) { throw .noName }
        guard let end = Self.endOfHeaders(rest) else {
            guard rest.count <= Self.maxHeaderBytes else { throw .headersTooLong }
            return nil
        }
        guard end - start <= Self.maxHeaderBytes else { throw .headersTooLong }
        let block = buffer[start..<end]
        start = end + 2 * Self.lineBreak.count
        return try MultipartPart(headers: block)
    }

    private static func endOfHeaders(_ bytes: ArraySlice<UInt8>) -> Int? {
        var place = bytes.startIndex
        while let found = bytes[place...].firstIndex(of: 13) {
            if bytes[found...].starts(with: lineBreak + lineBreak) { return found }
            place = found + 1
        }
        return nil
    }

    private mutating func takeData() -> Event? {
        let (end, found) = searchDelimiter()
        if end > start {
            defer { start = end }
            return .data(buffer[start..<end])
        }
        guard found else { return nil }
        start = end + delimiter.count
        state = .afterBoundary
        return .partEnds
    }

    /// Up to where the buffer surely is no delimiter, and whether one stands there.
    private func searchDelimiter() -> (end: Int, found: Bool) {
        var place = start
        while let candidate = buffer[place...].firstIndex(of: 13) {
            let rest = buffer[candidate...].prefix(delimiter.count)
            if delimiter.starts(with: rest) { return (candidate, rest.count == delimiter.count) }
            place = candidate + 1
        }
        return (buffer.count, false)
    }
}
