/// Takes the body of `POST /v1/messages/batches` apart while it arrives: `{"requests": [{…}, …], …}`.
///
/// Append a chunk, then take parts until there are none. It keeps at most one value and one chunk. It only finds where
/// values end; whoever takes a part parses it, which finds what is wrong inside. The parts do not depend on how the body
/// is cut into chunks.
struct RequestsSplitter {
    enum Part: Equatable {
        /// One element of `requests`, as it stands there.
        case request([UInt8])
        /// Any other member of the body.
        case member(name: [UInt8], value: [UInt8])
    }

    /// What stands next.
    private enum State: Equatable {
        case start, firstName, name, colon(name: [UInt8])
        case member(name: [UInt8])
        case firstRequest, request
        case afterRequest, afterMember, end
    }

    private static let requests = Array("\"requests\"".utf8)

    private let maxValueBytes: Int
    private var state = State.start
    private var hasRequests = false
    private var buffer: [UInt8] = []
    /// Bytes before it are dealt with.
    private var place = 0
    private var value = ValueEnd()

    /// - Parameter maxValueBytes: bytes that one request, or another member, may have.
    init(maxValueBytes: Int) {
        self.maxValueBytes = maxValueBytes
    }

    /// Whether the body was complete and had its requests.
    var isFinished: Bool { state == .end && hasRequests }

    mutating func append(_ chunk: some Collection<UInt8>) {
        buffer.removeFirst(place)
        place = 0
        buffer.append(contentsOf: chunk)
    }

    /// The next part; nil when more bytes are needed, or after the end.
    ///
    /// - Throws: `RequestsError`.
    mutating func next() throws(RequestsError) -> Part? {
        while true {
            if !value.hasBegun { skipWhitespace() }
            guard place < buffer.count else { return nil }
            switch state {
            case .start: try expect("{", .firstName)
            case .firstName where take("}"): state = .end
            case .firstName, .name:
                guard let name = try takeValue() else { return nil }
                guard name.first == UInt8(ascii: "\"") else { throw .malformed }
                state = .colon(name: name)
            case .colon(let name):
                guard take(":") else { throw .malformed }
                state = .member(name: name)
            case .member(Self.requests):
                guard !hasRequests else { throw .malformed }
                hasRequests = true
                try expect("[", .firstRequest)
            case .member(let name):
                guard let value = try takeValue() else { return nil }
                state = .afterMember
                return .member(name: name, value: value)
            case .firstRequest where take("]"): state = .afterMember
            case .firstRequest, .request:
                guard let request = try takeValue() else { return nil }
                state = .afterRequest
                return .request(request)
            case .afterRequest:
                if take(",") { state = .request } else { try expect("]", .afterMember) }
            case .afterMember:
                if take(",") { state = .name } else { try expect("}", .end) }
            case .end: throw .malformed
            }
        }
    }

    private mutating func skipWhitespace() {
        while place < buffer.count, [0x20, 0x0A, 0x0D, 0x09].contains(buffer[place]) { place += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard buffer[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar, _ next: State) throws(RequestsError) {
        guard take(character) else { throw .malformed }
        state = next
    }

    /// The value that begins at `place`, once it is there as a whole.
    private mutating func takeValue() throws(RequestsError) -> [UInt8]? {
        let end = value.find(in: buffer, from: place)
        guard (end ?? buffer.count) - place <= maxValueBytes else { throw .tooLong }
        guard let end else { return nil }
        guard end > place else { throw .malformed }
        defer { place = end }
        value = ValueEnd()
        return Array(buffer[place..<end])
    }
}

/// Finds where a JSON value ends, going on where the bytes ended before. What is malformed inside ends somewhere.
private struct ValueEnd {
    private var searched = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private var isScalar = false

    var hasBegun: Bool { searched > 0 }

    /// - Returns: the index after the value's last byte; nil when that has not come yet.
    mutating func find(in bytes: [UInt8], from start: Int) -> Int? {
        var index = start + searched
        defer { searched = index - start }
        while index < bytes.count {
            let byte = bytes[index]
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                    if depth == 0 { return index + 1 }
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""):
                    if isScalar { return index }
                    isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    // Without an open bracket it belongs to what is around the value.
                    if depth == 0 { return index }
                    depth -= 1
                    if depth == 0 { return index + 1 }
                case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0A, 0x0D, 0x09:
                    if depth == 0 { return index }
                default: isScalar = depth == 0
                }
            }
            index += 1
        }
        return nil
    }
}

/// Why a body of requests was not understood.
enum RequestsError: Error, Equatable {
    case malformed
    /// One value has more bytes than it may have.
    case tooLong
}
