import FoundationEssentials
import JSON
import Penstock
import Testing

@testable import Providers

/// One thing that Anthropic's adapter has to do, kept as a file in `Golden/anthropic`.
struct AdapterCase {
    static let adapters = "\(#filePath)".replacing(
        "Tests/ProvidersTests/Adapters/AdapterCase.swift",
        with: "Sources/Providers/Adapters"
    )
    private static let folder = "\(#filePath)".replacing("Adapters/AdapterCase.swift", with: "Golden/anthropic")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()

    /// `request`, `response`, `usage` or `failure`.
    let call: String
    let input: [UInt8]
    /// What comes out; nil when it is refused.
    let output: JSONValue?
    /// The message of the refusal.
    let refusal: String?

    init(_ name: String) throws {
        let path = "\(Self.folder)/\(name).json"
        let bytes = try #require(FileManager.default.contents(atPath: path), "no file \(path)")
        let root = try JSONDocument(parsing: Array(bytes)).root
        call = try #require(root["call"]?.string)
        input = Array(try #require(root["input"]).rawBytes)
        output = root["output"]
        refusal = root["refusal"]?.string
    }
}

/// JSON texts that say the same are the same here: without whitespace, keys in order, numbers as they were written.
enum Canonical {
    static func text(_ value: JSONValue, without left: String? = nil) -> String {
        switch value.kind {
        case .object:
            let members = value.members.filter { $0.key != left }.sorted { $0.key < $1.key }
            return "{\(members.map { "\($0.key.debugDescription):\(text($0.value))" }.joined(separator: ","))}"
        case .array: return "[\(value.elements.map { text($0) }.joined(separator: ","))]"
        case .string: return (value.string ?? "").debugDescription
        default: return String(decoding: value.rawBytes, as: UTF8.self)
        }
    }

    static func text(_ bytes: [UInt8], without left: String? = nil) throws -> String {
        try text(JSONDocument(parsing: bytes, limits: JSONLimits(maxDepth: 250)).root, without: left)
    }
}

/// Adapters for tests, and their clock.
enum Sample {
    /// 2023-11-14T22:13:20Z.
    static let now = Timestamp(milliseconds: 1_700_000_000_000)
    static let clock = WallClock { now }

    static func family(_ definitions: String, named name: String = "sample") throws -> AdapterFamily {
        let rest = ["request", "response", "failure", "usage"]
            .filter { !definitions.contains("def \($0)") }.map { "def \($0): .;" }.joined()
        let adapter = #"def adapter: {endpoints: {"/v1/chat/completions": "/chat"}};"#
        let text = (definitions.contains("def adapter") ? "" : adapter) + definitions + rest
        return try AdapterFamily(AdapterSource(name: name, text: text))
    }

    static func run(_ definitions: String, limit: Duration = .seconds(5)) throws -> AdapterRun {
        AdapterRun(family: try family(definitions), threads: try JQThreads(count: 1, limit: limit))
    }

    /// Anthropic's adapter. One for all tests: compiling takes its time.
    static let anthropic: AdapterRun? = {
        guard let library = try? AdapterLibrary(["anthropic"], directory: nil),
            let family = library.family("anthropic"),
            let threads = try? JQThreads()
        else { return nil }
        return AdapterRun(family: family, threads: threads)
    }()
}
