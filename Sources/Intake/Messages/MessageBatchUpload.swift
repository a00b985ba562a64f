import JSON
import NIOCore
import Penstock

/// `POST /v1/messages/batches`: streams the requests into the ledger as lines of a batch's input file, each as it stands
/// in the body.
///
/// Only the frame is checked here, as Anthropic does it: what is wrong with a request's parameters ends that request as
/// errored.
struct MessageBatchUpload {
    /// Characters of a `custom_id`.
    private static let idLength = 1...64
    /// Bytes of what the body has beside its requests.
    private static let maxOptionBytes = 64 << 10

    let limits: BatchLimits
    private var splitter: RequestsSplitter
    private var file: ChunkedUpload
    private var customIDs: Set<[UInt8]> = []
    private var optionBytes = 0
    private let checkModel: (String) throws -> Void

    /// - Parameter checkModel: told the model of every request; may refuse the whole.
    init(
        _ id: FileID,
        to ledger: any FileLedger,
        limits: BatchLimits,
        room: UploadRoom,
        isHashed: Bool,
        at now: Timestamp,
        checkModel: @escaping (String) throws -> Void
    ) {
        self.limits = limits
        self.checkModel = checkModel
        splitter = RequestsSplitter(maxValueBytes: limits.maxLineBytes)
        file = ChunkedUpload(id, to: ledger, limit: .max, room: room, isHashed: isHashed, at: now)
    }

    /// What came.
    struct Received {
        var requests: Int
        /// Of the stored file.
        var bytes: Int
        /// What the body has beside `requests`, as an object.
        var options: [UInt8]
        /// Of the whole; nil where it was not asked for.
        var hash: String?
    }

    /// - Throws: 400, 403, 413, 503, or what the ledger throws.
    mutating func receive(from body: BodyReader) async throws -> Received {
        guard (body.declaredLength ?? 0) <= limits.maxBytes else { throw tooLarge }
        try body.holdPiece(of: FileChunk.size + limits.maxLineBytes)
        var members: [(name: [UInt8], value: [UInt8])] = []
        while let chunk = try await body.next() {
            splitter.append(chunk.readableBytesView)
            while let part = try next() {
                switch part {
                case .request(let request): try await store(request)
                case .member(let name, let value): try keep(name, value, &members)
                }
            }
            guard body.received <= limits.maxBytes else { throw tooLarge }
        }
        guard splitter.isFinished else {
            throw APIError.badRequest("The body must be {\"requests\": […]}.", param: nil, code: "invalid_json")
        }
        guard !customIDs.isEmpty else {
            throw APIError.badRequest("List should have at least 1 item", param: "requests")
        }
        try await file.finish()
        let options = Self.object(members)
        return Received(
            requests: customIDs.count,
            bytes: file.bytes,
            options: options,
            hash: file.hash(of: String(decoding: options, as: UTF8.self))
        )
    }

    private mutating func next() throws -> RequestsSplitter.Part? {
        do {
            return try splitter.next()
        } catch .malformed {
            throw APIError.badRequest("The body is not valid JSON.", param: nil, code: "invalid_json")
        } catch .tooLong {
            throw requestTooLarge
        }
    }

    private mutating func store(_ bytes: [UInt8]) async throws {
        let place = "requests.\(customIDs.count)"
        guard customIDs.count < limits.maxLines else {
            throw APIError.badRequest("List should have at most \(limits.maxLines) items", param: "requests")
        }
        let request = try JSONFields(try JSONDocument(parsing: bytes).root, path: "\(place).")
        guard let id = request.value("custom_id") else { throw Self.missing("\(place).custom_id") }
        guard let text = id.string, Self.idLength.contains(text.unicodeScalars.count) else {
            let message = "String should have at least 1 and at most \(Self.idLength.upperBound) characters"
            throw APIError.badRequest(message, param: "\(place).custom_id")
        }
        guard let params = request.value("params"), params.kind == .object else {
            throw Self.missing("\(place).params")
        }
        guard customIDs.insert(Array(text.utf8)).inserted else {
            throw APIError.badRequest("custom_id must be unique within a batch", param: "\(place).custom_id")
        }
        if let model = params["model"]?.string { try checkModel(model) }
        let line = Self.line(id, params)
        guard line.count - 1 <= limits.maxLineBytes else { throw requestTooLarge }
        try await file.write(line[...])
    }

    private static func missing(_ name: String) -> APIError { .badRequest("Field required", param: name) }

    /// The request as a line of an input file. A line break inside it can only be a blank.
    private static func line(_ id: JSONValue, _ params: JSONValue) -> [UInt8] {
        var line = Array(#"{"custom_id":"#.utf8)
        line += id.rawBytes
        line += Array(#","method":"POST","url":"\#(Endpoint.messages.rawValue)","body":"#.utf8)
        line += params.rawBytes.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
        line += Array("}\n".utf8)
        return line
    }

    private mutating func keep(
        _ name: [UInt8],
        _ value: [UInt8],
        _ members: inout [(name: [UInt8], value: [UInt8])]
    ) throws {
        optionBytes += name.count + value.count
        guard optionBytes <= Self.maxOptionBytes else {
            throw APIError.tooLarge("What a batch has beside its requests", limit: Self.maxOptionBytes)
        }
        members.append((name, value))
    }

    private static func object(_ members: [(name: [UInt8], value: [UInt8])]) -> [UInt8] {
        let pairs = members.map { $0.name + [UInt8(ascii: ":")] + $0.value }
        return [UInt8(ascii: "{")] + Array(pairs.joined(separator: [UInt8(ascii: ",")])) + [UInt8(ascii: "}")]
    }

    private var requestTooLarge: APIError { .tooLarge("One request", limit: limits.maxLineBytes) }
    private var tooLarge: APIError { .tooLarge("A batch", limit: limits.maxBytes) }
}

/// What one batch may have.
struct BatchLimits: Sendable {
    var maxLines: Int
    var maxLineBytes: Int
    var maxBytes: Int
}
