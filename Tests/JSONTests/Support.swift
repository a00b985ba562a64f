import JSON

extension JSONDocument {
    /// Parses the text's UTF-8.
    init(_ text: String, limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}

/// The error that a scanner gives for these chunks, or nil.
func verdict(_ chunks: [ArraySlice<UInt8>], limits: JSONLimits = .standard) -> JSONError? {
    var scanner = JSONScanner(limits: limits)
    do throws(JSONError) {
        for chunk in chunks { try scanner.consume(chunk) }
        try scanner.finish()
        return nil
    } catch {
        return error
    }
}

/// The error for the text as one chunk, or nil.
func verdict(_ text: String, limits: JSONLimits = .standard) -> JSONError? {
    verdict([Array(text.utf8)[...]], limits: limits)
}

func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self)
}

func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
}

/// What the writer makes of one value.
func written(_ write: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    write(&writer)
    return text(writer.bytes)
}
