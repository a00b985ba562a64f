import JSON

/// A record as it travels between processes: a JSON object in one line, then the provider's answer byte by byte.
enum RecordFrame {
    private static let separator = UInt8(ascii: "\n")

    static func join(_ header: JSONWriter, answer: [UInt8]?) -> [UInt8] {
        header.bytes + [separator] + (answer ?? [])
    }

    static func split(_ record: [UInt8]) throws(DamagedRecord) -> (header: JSONValue, answer: [UInt8]) {
        // Our own text: JSON writes no bare line feed, so the first one ends the header.
        guard let end = record.firstIndex(of: separator),
            let document = try? JSONDocument(parsing: Array(record[..<end]), limits: JSONLimits(maxBytes: .max))
        else { throw DamagedRecord() }
        return (document.root, Array(record[(end + 1)...]))
    }
}

/// A record that no version of this program wrote.
package struct DamagedRecord: Error, CustomStringConvertible {
    package init() {}
    package var description: String { "a record of another process cannot be read" }
}

/// What is there in every version of a record.
extension JSONValue {
    func required<Value>(_ key: String, _ read: (JSONValue) -> Value?) throws(DamagedRecord) -> Value {
        guard let value = self[key].flatMap(read) else { throw DamagedRecord() }
        return value
    }

    /// - Returns: nil when it is not there at all.
    func optional<Value>(_ key: String, _ read: (JSONValue) -> Value?) throws(DamagedRecord) -> Value? {
        guard self[key] != nil else { return nil }
        return try required(key, read)
    }

    func text(_ key: String) throws(DamagedRecord) -> String { try required(key, \.string) }
    func integer(_ key: String) throws(DamagedRecord) -> Int { Int(try required(key, \.int64)) }
    func time(_ key: String) throws(DamagedRecord) -> Timestamp {
        Timestamp(milliseconds: try required(key, \.int64))
    }
}
