import JSON
import Penstock

/// A provider family: what its jq file says about itself, and the program that translates.
struct AdapterFamily: Sendable {
    let source: AdapterSource
    /// Below a target's base URL, for every endpoint that is served.
    let paths: [Endpoint: String]
    /// The same for endpoints that the provider speaks by itself: there requests and answers pass as they are.
    let nativePaths: [Endpoint: String]
    /// The header that carries the API key; nil sends it as a bearer token.
    let keyHeader: String?
    let headers: [(name: String, value: String)]
    let opaqueInRequests: OpaquePaths
    let opaqueInResponses: OpaquePaths

    /// Compiles the source and asks it. Blocks for some 50 ms: for the start of a process.
    ///
    /// - Throws: what is wrong with the file.
    init(_ source: AdapterSource) throws(AdapterError) {
        self.source = source
        let program: JQProgram
        do {
            program = try source.compiled()
        } catch {
            throw AdapterError("does not compile: \(error.text)")
        }
        let answer = program.run(AdapterSource.call("adapter", on: Array("null".utf8)), in: JQSlot())
        guard case .success(let bytes) = answer, let root = try? JSONDocument(parsing: bytes).root,
            root.kind == .object
        else { throw AdapterError("does not define `adapter` as an object") }
        try Self.refuseUnknown(root, ["endpoints", "native", "key_header", "headers", "opaque"], "adapter")
        paths = try Self.paths(root["endpoints"], "endpoints")
        nativePaths = try root["native"].map { value throws(AdapterError) in try Self.paths(value, "native") } ?? [:]
        keyHeader = root["key_header"]?.string
        headers = try Self.headers(root["headers"])
        let opaque = root["opaque"]
        if let opaque { try Self.refuseUnknown(opaque, ["request", "response"], "adapter.opaque") }
        opaqueInRequests = try Self.opaque(opaque?["request"], "adapter.opaque.request")
        opaqueInResponses = try Self.opaque(opaque?["response"], "adapter.opaque.response")
    }

    private static func refuseUnknown(_ object: JSONValue, _ known: [String], _ name: String) throws(AdapterError) {
        for (key, _) in object.members where !known.contains(key) {
            throw AdapterError("has `\(name).\(key)`; known are: \(known.joined(separator: ", "))")
        }
    }

    private static func paths(_ endpoints: JSONValue?, _ name: String) throws(AdapterError) -> [Endpoint: String] {
        var paths: [Endpoint: String] = [:]
        for (key, value) in members(of: endpoints) {
            guard let endpoint = Endpoint(rawValue: key), let path = value.string, path.hasPrefix("/") else {
                let known = Endpoint.allCases.map(\.rawValue).joined(separator: ", ")
                throw AdapterError("has `adapter.\(name)` that are not paths by endpoint; endpoints are: \(known)")
            }
            paths[endpoint] = path
        }
        guard !paths.isEmpty else { throw AdapterError("names no endpoint in `adapter.\(name)`") }
        return paths
    }

    private static func headers(_ object: JSONValue?) throws(AdapterError) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for (key, value) in members(of: object) {
            guard let text = value.string else { throw AdapterError("has a header `\(key)` that is not a text") }
            headers.append((key, text))
        }
        return headers
    }

    private static func opaque(_ object: JSONValue?, _ name: String) throws(AdapterError) -> OpaquePaths {
        var paths = OpaquePaths()
        guard let object else { return paths }
        try refuseUnknown(object, ["values", "texts", "plain"], name)
        for (key, form) in [("values", OpaquePaths.Form.value), ("texts", .text), ("plain", .plain)] {
            guard let list = object[key] else { continue }
            for element in list.elements {
                guard let path = element.string, paths.add(path, form) else {
                    throw AdapterError("has a path in `\(name).\(key)` that is not like `tools[].parameters`")
                }
            }
        }
        return paths
    }

    private static func members(of object: JSONValue?) -> [(key: String, value: JSONValue)] {
        object.map { Array($0.members) } ?? []
    }
}

/// What is wrong with an adapter, as the end of a sentence that begins with its name.
package struct AdapterError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
