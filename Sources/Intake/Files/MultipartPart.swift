/// The head of one part of a form.
struct MultipartPart: Equatable {
    var name: String
    /// Without folders. A part with a file name is a file.
    var filename: String?

    /// Reads the header block of a part, without the empty line at its end.
    ///
    /// - Throws: `noName` when the part does not say which field it is.
    init(headers block: ArraySlice<UInt8>) throws(MultipartError) {
        for line in block.split(separator: UInt8(ascii: "\n")) {
            let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            guard name == "content-disposition" else { continue }
            guard let disposition = HeaderParameters(line[(colon + 1)...]) else { throw .malformed }
            self = try Self(disposition)
            return
        }
        throw .noName
    }

    init(name: String, filename: String?) {
        self.name = name
        self.filename = filename
    }

    private init(_ disposition: HeaderParameters) throws(MultipartError) {
        guard disposition.value == "form-data", let name = disposition.text("name") else { throw .noName }
        self.init(name: name, filename: nil)
        if let extended = disposition.text("filename*") {
            filename = Self.decodeExtended(extended).map(Self.withoutFolders)
        }
        // An extended name that cannot be read falls back to the plain one.
        if filename == nil, disposition.parameters["filename"] != nil {
            guard let plain = disposition.text("filename") else { throw .malformed }
            filename = Self.withoutFolders(plain)
        }
    }

    /// `UTF-8'en'a%20b.jsonl`, the form of RFC 5987.
    private static func decodeExtended(_ text: String) -> String? {
        let parts = text.utf8.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, String(Substring(parts[0])).lowercased() == "utf-8" else { return nil }
        return PercentDecoding.bytes(parts[2], plusIsSpace: false).flatMap { String(cleanText: $0) }
    }

    private static func withoutFolders(_ path: String) -> String {
        String(path.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }.last ?? "")
    }
}
