import JSON
import Penstock

/// Takes one call through its family's program, there and back.
struct AdapterRun: Sendable {
    private static let limits = JSONLimits(maxDepth: 250, maxBytes: 128 << 20)

    let family: AdapterFamily
    let threads: JQThreads

    /// The provider's request for one in the canonical dialect.
    func request(_ body: [UInt8]) async throws(Untranslated) -> [UInt8] {
        do {
            return try await translate(body, "request", family.opaqueInRequests)
        } catch {
            throw Untranslated(
                error.isAdaptersFault ? .penstockInternal : .callerInvalidRequest,
                text(error, "request")
            )
        }
    }

    /// The answer in the canonical dialect for a provider's good answer.
    func response(_ body: [UInt8]) async throws(Untranslated) -> (body: [UInt8], usage: Usage?) {
        let translated: [UInt8]
        do {
            translated = try await translate(body, "response", family.opaqueInResponses)
        } catch {
            throw Untranslated(
                error.isAdaptersFault ? .penstockInternal : .providerInvalidAnswer,
                text(error, "answer")
            )
        }
        let root = try? JSONDocument(parsing: translated, limits: Self.limits).root
        guard let root, let body = root["body"], body.kind == .object else {
            throw Untranslated(
                .providerInvalidAnswer,
                "The adapter `\(family.source.name)` made no object of the answer."
            )
        }
        return (Array(body.rawBytes), Self.usage(root["usage"]))
    }

    /// What a good answer says it used; nil when that is unknown.
    func usage(_ body: [UInt8]) async -> Usage? {
        guard let usage = try? await translate(body, "usage", family.opaqueInResponses) else { return nil }
        return Self.usage(try? JSONDocument(parsing: usage).root)
    }

    /// The body of an error in the canonical dialect; nil when the program does not know it.
    func failure(status: Int, body: [UInt8]) async -> [UInt8]? {
        let input = Array(#"{"status":\#(status),"body":"#.utf8) + body + Array("}".utf8)
        return try? await translate(input, "failure", OpaquePaths())
    }

    private func translate(_ body: [UInt8], _ call: String, _ paths: OpaquePaths) async throws(AdapterRunError)
        -> [UInt8]
    {
        guard let document = try? JSONDocument(parsing: body, limits: Self.limits) else { throw .program(.unreadable) }
        var opaque = OpaqueValues()
        do {
            let input = try opaque.replace(in: document, paths)
            let output = try await threads.run(family.source, AdapterSource.call(call, on: input)).get()
            return try opaque.restore(in: output)
        } catch let error as OpaqueError {
            throw .opaque(error)
        } catch let error as JQFailure {
            throw .program(error)
        } catch {
            throw .program(.noResult)
        }
    }

    /// What callers are told. A text that jq raised itself may quote the request, so it is kept to itself.
    private func text(_ error: AdapterRunError, _ what: String) -> String {
        let name = family.source.name
        switch error {
        case .opaque(.noJSON):
            return "The \(what) has a text, such as a tool call's `arguments`, that must be JSON and is not."
        case .opaque(.misplaced): return "The adapter `\(name)` put a value of the \(what) where none can stand."
        case .program(.raised(let value)):
            let said = (try? JSONDocument(parsing: value))?.root["message"]?.string
            return said.map { String($0.prefix(1000)) }
                ?? "The \(what) has a value of a type or shape that the adapter `\(name)` does not expect."
        case .program(.interrupted): return "The adapter `\(name)` took too long to translate the \(what)."
        case .program(.noResult), .program(.severalResults):
            return "The adapter `\(name)` did not make one result of the \(what)."
        case .program(.unreadable): return "The \(what) is nested too deeply for the adapter `\(name)`."
        }
    }

    /// What a family's `usage` gives; nil when it is unknown or makes no sense.
    private static func usage(_ usage: JSONValue?) -> Usage? {
        guard let usage, let input = tokens(usage["input"]), let output = tokens(usage["output"]) else { return nil }
        let cached = min(tokens(usage["cached_input"]) ?? 0, input)
        return Usage(
            input: input,
            cachedInput: cached,
            cacheWrite: min(tokens(usage["cache_write"]) ?? 0, input - cached),
            output: output,
            reasoning: min(tokens(usage["reasoning"]) ?? 0, output)
        )
    }

    private static func tokens(_ value: JSONValue?) -> Int? {
        guard let number = value?.int64, (0...1_000_000_000).contains(number) else { return nil }
        return Int(number)
    }
}

/// A request or an answer that could not be translated.
struct Untranslated: Error, Equatable {
    let error: JobError

    init(_ errorClass: ErrorClass, _ message: String) {
        error = JobError(errorClass, message)
    }
}

/// Why a translation failed.
private enum AdapterRunError: Error {
    case opaque(OpaqueError)
    case program(JQFailure)

    /// Whether no other request would have fared better.
    var isAdaptersFault: Bool {
        switch self {
        case .opaque(.noJSON), .program(.raised), .program(.unreadable): false
        case .opaque(.misplaced), .program: true
        }
    }
}
