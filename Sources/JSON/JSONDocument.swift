/// One checked JSON text: its bytes, unchanged, and where its values are.
///
/// A copy shares the same storage. Duplicate keys are accepted here; `JSONValue.duplicateKey` tells of them.
package struct JSONDocument: Sendable {
    let storage: JSONStorage

    /// Checks `bytes` and takes them over without a copy.
    ///
    /// - Throws: the first violation of the grammar or of `limits`.
    package init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        var scanner = JSONScanner(limits: limits)
        scanner.tape.reserveCapacity(min(bytes.count / 8, 128) + 1)
        try scanner.consume(bytes.span)
        try scanner.finish()
        self.init(bytes: bytes, tape: scanner.tape)
    }

    init(bytes: [UInt8], tape: [JSONTapeEntry]) {
        storage = JSONStorage(bytes: bytes, tape: tape)
    }

    /// The whole text, with the whitespace around the value.
    package var bytes: [UInt8] { storage.bytes }

    /// The one value of the text.
    package var root: JSONValue { JSONValue(storage: storage, index: 0) }
}

/// Shared by a document and all views of its values. The scanner made the tape from just these bytes.
final class JSONStorage: Sendable {
    let bytes: [UInt8]
    let tape: [JSONTapeEntry]

    init(bytes: [UInt8], tape: [JSONTapeEntry]) {
        self.bytes = bytes
        self.tape = tape
    }
}

/// Builds a document from chunks and refuses a bad one at the first offending byte, not at its end.
package struct JSONDocumentBuilder: Sendable {
    private var scanner: JSONScanner
    private var bytes: [UInt8] = []

    /// An empty builder.
    package init(limits: JSONLimits = .standard) {
        scanner = JSONScanner(limits: limits)
    }

    /// Makes room for a body whose length is known, up to the byte limit.
    package mutating func reserve(_ byteCount: Int) {
        bytes.reserveCapacity(min(byteCount, scanner.limits.maxBytes))
    }

    /// Checks the next chunk, then keeps a copy of it.
    ///
    /// - Throws: the first violation; every later call throws the same error again.
    package mutating func append(_ chunk: Span<UInt8>) throws(JSONError) {
        try scanner.consume(chunk)
        chunk.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    }

    /// Checks the next chunk, then keeps a copy of it; see `append(_: Span)`.
    package mutating func append(_ chunk: [UInt8]) throws(JSONError) {
        try append(chunk.span)
    }

    /// Checks the next chunk, then keeps a copy of it; see `append(_: Span)`.
    package mutating func append(_ chunk: ArraySlice<UInt8>) throws(JSONError) {
        try append(chunk.span)
    }

    /// The document of all chunks.
    ///
    /// - Throws: an earlier failure, or `unexpectedEnd`.
    package consuming func finish() throws(JSONError) -> JSONDocument {
        try scanner.finish()
        return JSONDocument(bytes: bytes, tape: scanner.tape)
    }
}
