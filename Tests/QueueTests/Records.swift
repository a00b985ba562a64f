import Penstock
import Redis

@testable import Queue

/// A packed record of the pool (records.lua): its numbers by name, and the text behind them.
struct PackedRecord {
    private static let names = [
        "p": [
            "v:i", "v:s", "v:b", "f:i", "f:s", "f:b", "floor", "jobs", "tokens", "live jobs", "live bytes",
            "live tokens", "spooled", "paused", "asked",
        ],
        "t~": [
            "running", "blocked", "window", "threshold", "cut", "follows", "usual", "paused", "stopped", "samples",
            "q10", "q50", "q95",
        ],
        "g~": [
            "running", "blocked", "r", "t", "i", "o", "u~r", "u~t", "u~i", "u~o", "day", "requests of the day", "told",
        ],
        "l~": ["r", "t", "i", "o", "r at", "t at", "i at", "o at"],
        "b~": [
            "r", "t", "i", "o", "r before", "t before", "i before", "o before", "r since", "t since", "i since",
            "o since",
        ],
        "tenants": [
            "running", "r", "t", "live jobs", "live bytes", "live tokens", "promised", "served i", "served s",
            "served b", "idle i", "idle s", "idle b", "idle at",
        ],
        "classes": ["floor", "passed", "rate", "measured", "busy"],
    ]

    private let names: [String]
    private var numbers: [Double]
    let text: String

    /// - Parameters:
    ///   - key: the hash, by its short name.
    ///   - bytes: nil for a record of zeros.
    init(_ key: String, _ field: String, _ bytes: [UInt8]?) {
        names = Self.names[key] ?? Self.names[String(field.prefix(2))] ?? []
        let bytes = bytes ?? [UInt8](repeating: 0, count: names.count * 8)
        numbers = names.indices.map { place in
            let bits = bytes[(place * 8)..<(place * 8 + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return Double(bitPattern: bits)
        }
        text = String(decoding: bytes.dropFirst(names.count * 8), as: UTF8.self)
    }

    subscript(_ name: String) -> Double {
        get { names.firstIndex(of: name).map { numbers[$0] } ?? .nan }
        set { if let place = names.firstIndex(of: name) { numbers[place] = newValue } }
    }

    var bytes: [UInt8] {
        numbers.flatMap { number in withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) } }
            + Array(text.utf8)
    }
}

extension Fixture {
    /// One record, of zeros where there is none.
    func record(_ field: String, of key: String) async throws -> PackedRecord {
        PackedRecord(key, field, try await client.send("HGET", keys(key), field).bytes)
    }

    /// Whether a field is there.
    func has(_ field: String, in key: String) async throws -> Bool {
        try await client.send("HEXISTS", keys(key), field).int64 == 1
    }

    /// All records of a hash.
    func records(_ key: String) async throws -> [String: PackedRecord] {
        var found: [String: PackedRecord] = [:]
        for (field, bytes) in try await KeyReader(self).raw(key) {
            let name = String(decoding: field, as: UTF8.self)
            found[name] = PackedRecord(key, name, bytes)
        }
        return found
    }

    func change(_ field: String, of key: String, _ change: (inout PackedRecord) -> Void) async throws {
        var record = try await record(field, of: key)
        change(&record)
        _ = try await client.send("HSET", keys(key), field, record.bytes)
    }
}
