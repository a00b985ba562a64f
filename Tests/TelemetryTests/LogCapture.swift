import Foundation
import Glibc
import Logging

@testable import Telemetry

/// The lines that loggers write in `body`, through a real pipe.
func lines(level: Logger.Level = .trace, _ body: (Logger) throws -> Void) throws -> [String] {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
    defer { close(ends[0]) }
    let make = LoggingBootstrap.factory(level: level, role: "worker", sink: LogSink(descriptor: ends[1]))
    do {
        defer { close(ends[1]) }
        try body(Logger(label: "test") { _ in make(nil) })
    }
    let text = try FileHandle(fileDescriptor: ends[0]).readToEnd().map { String(decoding: $0, as: UTF8.self) } ?? ""
    return text.split(separator: "\n").map(String.init)
}

/// The only line, parsed by Foundation.
func parsedLine(level: Logger.Level = .trace, _ body: (Logger) throws -> Void) throws -> [String: Any] {
    let lines = try lines(level: level, body)
    guard lines.count == 1 else { throw WrongCount(lines: lines) }
    return try parsed(lines[0])
}

func parsed(_ line: String) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
}

struct WrongCount: Error {
    let lines: [String]
}
