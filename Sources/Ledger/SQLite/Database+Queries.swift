import FoundationEssentials
import GRDB
import Penstock

extension DatabaseValue {
    /// For a `textArgument`.
    static func text(_ value: String?) -> DatabaseValue {
        value.map { Data($0.utf8).databaseValue } ?? .null
    }

    static func integer(_ value: Int64?) -> DatabaseValue { value?.databaseValue ?? .null }
    static func integer(_ value: Int?) -> DatabaseValue { value?.databaseValue ?? .null }
    static func blob(_ bytes: [UInt8]?) -> DatabaseValue { bytes.map { Data($0).databaseValue } ?? .null }
    static func time(_ time: Timestamp?) -> DatabaseValue { integer(time?.milliseconds) }
}

extension Database {
    /// Runs one INSERT, UPDATE or DELETE.
    ///
    /// - Returns: how many rows it changed.
    @discardableResult
    func change(_ sql: String, _ arguments: [DatabaseValue]) throws -> Int {
        try cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
        return changesCount
    }

    /// All rows of a SELECT.
    func all<Value>(
        _ sql: String,
        _ arguments: [DatabaseValue],
        from table: String,
        _ decode: (inout ColumnReader) throws -> Value
    ) throws -> [Value] {
        let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
        var values: [Value] = []
        while let row = try cursor.next() {
            var reader = ColumnReader(row: row, table: table)
            values.append(try decode(&reader))
        }
        return values
    }

    /// The rows of a SELECT up to the page's end; no row behind it is read.
    func page<Value>(
        _ sql: String,
        _ arguments: [DatabaseValue],
        from table: String,
        _ bounds: PageBounds,
        answerBytes: (Value) -> Int,
        _ decode: (inout ColumnReader) throws -> Value
    ) throws -> [Value] {
        let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
        var gauge = PageGauge(bounds)
        var values: [Value] = []
        while !gauge.isFull, let row = try cursor.next() {
            var reader = ColumnReader(row: row, table: table)
            let value = try decode(&reader)
            gauge.add(answerBytes(value))
            values.append(value)
        }
        return values
    }

    /// The first row of a SELECT; nil when there is none.
    func first<Value>(
        _ sql: String,
        _ arguments: [DatabaseValue],
        from table: String,
        _ decode: (inout ColumnReader) throws -> Value
    ) throws -> Value? {
        let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
        guard let row = try cursor.next() else { return nil }
        var reader = ColumnReader(row: row, table: table)
        return try decode(&reader)
    }
}

/// Reads a row's columns from left to right. What does not fit is an error, never a crash.
struct ColumnReader {
    private let row: Row
    private let table: String
    private var index = 0

    init(row: Row, table: String) {
        self.row = row
        self.table = table
    }

    mutating func text() throws -> String { try required(optionalText()) }
    mutating func int64() throws -> Int64 { try required(optionalInt64()) }
    mutating func int() throws -> Int { try Int(int64()) }
    mutating func bytes() throws -> [UInt8] { try required(optionalBytes()) }
    mutating func time() throws -> Timestamp { try Timestamp(milliseconds: int64()) }

    mutating func optionalInt() throws -> Int? { try optionalInt64().map { Int($0) } }
    mutating func optionalTime() throws -> Timestamp? { try optionalInt64().map { Timestamp(milliseconds: $0) } }

    mutating func optionalInt64() throws -> Int64? {
        defer { index += 1 }
        return try row.decode(Int64?.self, atIndex: index)
    }

    mutating func optionalText() throws -> String? {
        defer { index += 1 }
        return try row.withUnsafeData(atIndex: index) { data in
            guard let data else { return nil }
            return try required(data.withUnsafeBytes { String(validating: $0, as: UTF8.self) })
        }
    }

    mutating func optionalBytes() throws -> [UInt8]? {
        defer { index += 1 }
        return try row.withUnsafeData(atIndex: index) { data in data.map { Array($0) } }
    }

    /// A text of a closed vocabulary.
    mutating func word<Word: RawRepresentable<String>>() throws -> Word {
        try required(Word(rawValue: text()))
    }

    /// What `make` makes of a text.
    mutating func word<Word>(_ make: (String) -> Word?) throws -> Word {
        try required(make(text()))
    }

    /// The column read last is not what it should be, or does not go with those before it. Counted from 1.
    var damage: DamagedRow { DamagedRow(table: table, column: index) }

    private func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw damage }
        return value
    }
}
