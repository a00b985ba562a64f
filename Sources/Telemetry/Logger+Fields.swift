package import Logging

// The message is a `StaticString`: what varies belongs into a field, where it can be searched for and counted.
extension Logger {
    /// A logger that adds `fields` to each of its lines.
    package func adding(_ fields: LogFields) -> Logger {
        var logger = self
        for (key, value) in fields.metadata { logger[metadataKey: key] = value }
        return logger
    }

    /// Logs at `trace`.
    package func trace(
        _ message: StaticString,
        _ fields: @autoclosure () -> LogFields,
        file: String = #fileID,
        function: String = #function,
        line: UInt = #line
    ) {
        log(
            level: .trace,
            "\(message)",
            error: nil,
            metadata: fields().metadata,
            file: file,
            function: function,
            line: line
        )
    }

    /// Logs at `debug`.
    package func debug(
        _ message: StaticString,
        _ fields: @autoclosure () -> LogFields,
        file: String = #fileID,
        function: String = #function,
        line: UInt = #line
    ) {
        log(
            level: .debug,
            "\(message)",
            error: nil,
            metadata: fields().metadata,
            file: file,
            function: function,
            line: line
        )
    }

    /// Logs at `info`.
    package func info(
        _ message: StaticString,
        _ fields: @autoclosure () -> LogFields,
        file: String = #fileID,
        function: String = #function,
        line: UInt = #line
    ) {
        log(
            level: .info,
            "\(message)",
            error: nil,
            metadata: fields().metadata,
            file: file,
            function: function,
            line: line
        )
    }

    /// Logs at `notice`.
    package func notice(
        _ message: StaticString,
        _ fields: @autoclosure () -> LogFields,
        file: String = #fileID,
        function: String = #function,
        line: UInt = #line
    ) {
        log(
            level: .notice,
            "\(message)",
            error: nil,
            metadata: fields().metadata,
            file: file,
            function: function,
            line: line
        )
    }

    /// Logs at `warning`; an error adds its description and its type.
    package func warning(
        _ message: StaticString,
        _ fields: @autoclosure () -> LogFields,
        error: (any Error)? = nil,
        file: String = #fileID,
        function: String = #function,
        line: UInt = #line
    ) {
        log(
            level: .warning,
            "\(message)",
            error: error,
            metadata: fields().metadata,
            file: file,
            function: function,
            line: line
        )
    }

    /// Logs at `error`; an error adds its description and its type.
    package func error(
        _ message: StaticString,
        _ fields: @autoclosure () -> LogFields,
        error: (any Error)? = nil,
        file: String = #fileID,
        function: String = #function,
        line: UInt = #line
    ) {
        log(
            level: .error,
            "\(message)",
            error: error,
            metadata: fields().metadata,
            file: file,
            function: function,
            line: line
        )
    }

    /// Logs at `critical`; an error adds its description and its type.
    package func critical(
        _ message: StaticString,
        _ fields: @autoclosure () -> LogFields,
        error: (any Error)? = nil,
        file: String = #fileID,
        function: String = #function,
        line: UInt = #line
    ) {
        log(
            level: .critical,
            "\(message)",
            error: error,
            metadata: fields().metadata,
            file: file,
            function: function,
            line: line
        )
    }
}
