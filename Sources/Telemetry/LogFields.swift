package import Logging

/// Log metadata with checked keys: `[.jobID: "…", .count: 3]`.
package struct LogFields: Sendable, ExpressibleByDictionaryLiteral {
    private var values: [LogKey: LogValue] = [:]

    /// The last value of a repeated key wins.
    package init(dictionaryLiteral elements: (LogKey, LogValue)...) {
        for (key, value) in elements { values[key] = value }
    }

    /// Reads, sets or, with nil, removes a field.
    package subscript(key: LogKey) -> LogValue? {
        get { values[key] }
        set { values[key] = newValue }
    }

    /// The same as swift-log wants it.
    package var metadata: Logger.Metadata {
        var metadata = Logger.Metadata(minimumCapacity: values.count)
        for (key, value) in values { metadata[key.rawValue] = value.metadata }
        return metadata
    }
}

extension LogValue {
    fileprivate var metadata: Logger.MetadataValue {
        switch self {
        case .text(let text): .string(text)
        case .integer(let value): .stringConvertible(value)
        case .number(let value): .stringConvertible(value)
        case .flag(let value): .stringConvertible(value)
        }
    }
}
