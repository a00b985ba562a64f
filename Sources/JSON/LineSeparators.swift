/// The characters beyond ASCII at which readers of lines break: U+0085, U+2028 and U+2029.
enum LineSeparators {
    /// JSON with an escape in place of each of them; nil when it has none, as nearly all has.
    static func escaped(_ json: ArraySlice<UInt8>) -> [UInt8]? {
        guard var next = first(in: json) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(json.count + 64)
        var rest = json
        while true {
            result.append(contentsOf: rest[..<next.start])
            result.append(contentsOf: next.escape.utf8)
            rest = rest[next.end...]
            guard let following = first(in: rest) else { break }
            next = following
        }
        result.append(contentsOf: rest)
        return result
    }

    private static func first(in json: ArraySlice<UInt8>) -> (start: Int, end: Int, escape: String)? {
        json.withUnsafeBufferPointer { bytes in
            for index in 0..<bytes.count where bytes[index] == 0xC2 || bytes[index] == 0xE2 {
                guard let found = separator(at: index, of: bytes) else { continue }
                let start = json.startIndex + index
                return (start, start + found.length, found.escape)
            }
            return nil
        }
    }

    private static func separator(at index: Int, of bytes: UnsafeBufferPointer<UInt8>) -> (length: Int, escape: String)?
    {
        let left = bytes.count - index
        if bytes[index] == 0xC2 { return left >= 2 && bytes[index + 1] == 0x85 ? (2, "\\u0085") : nil }
        guard left >= 3, bytes[index + 1] == 0x80 else { return nil }
        switch bytes[index + 2] {
        case 0xA8: return (3, "\\u2028")
        case 0xA9: return (3, "\\u2029")
        default: return nil
        }
    }
}
