import FoundationEssentials
import JSON
import Penstock
import Testing

@testable import Providers

/// One recorded exchange.
struct Golden {
    let status: Int
    let body: [UInt8]
    let requestBody: [UInt8]
    private let headers: JSONValue?

    init(_ name: String) throws {
        let path = "\(#filePath)".replacing("Golden.swift", with: "Golden/\(name).json")
        let bytes = try #require(FileManager.default.contents(atPath: path), "no file \(path)")
        let root = try JSONDocument(parsing: Array(bytes)).root
        status = Int(try #require(root["status"]?.int64))
        body = Self.text(root["response_body"])
        requestBody = Self.text(root["request_body"])
        headers = root["response_headers"]
    }

    func outcome() -> CallOutcome {
        AnswerReader.read(status: status, body: body, at: Sample.now, header: header)
    }

    /// What its headers say about limits, as of its own `date`.
    func signals() -> RateSignals? {
        RateSignalReader.read(header, at: Sample.now)
    }

    private func header(_ name: String) -> String? { headers?[name]?.string }

    /// Some recordings keep the body as text, others as JSON.
    private static func text(_ value: JSONValue?) -> [UInt8] {
        guard let value else { return [] }
        return value.string.map { Array($0.utf8) } ?? Array(value.rawBytes)
    }
}
