import JSON

/// The parts that records of calls and of completions have in common.
enum AnswerParts {
    // MARK: Usage

    static func write(_ usage: Usage?, to writer: inout JSONWriter) {
        guard let usage else { return }
        writer.key("usage")
        writer.array { writer in
            for count in [usage.input, usage.cachedInput, usage.cacheWrite, usage.output, usage.reasoning] {
                writer.int(count)
            }
        }
    }

    static func usage(_ header: JSONValue) throws(DamagedRecord) -> Usage? {
        try header.optional("usage") { value in
            let counts = value.elements.compactMap { $0.int64.map { Int($0) } }
            guard counts.count == 5 else { return nil }
            return Usage(
                input: counts[0],
                cachedInput: counts[1],
                cacheWrite: counts[2],
                output: counts[3],
                reasoning: counts[4]
            )
        }
    }

    // MARK: Response, its body apart

    static func write(_ response: ProviderResponse?, to writer: inout JSONWriter) {
        writer.memberIfPresent("status", response?.statusCode)
        writer.memberIfPresent("request_id", response?.requestID)
    }

    static func response(_ header: JSONValue, body: [UInt8]) throws(DamagedRecord) -> ProviderResponse? {
        guard let status = try header.optional("status", \.int64) else { return nil }
        return ProviderResponse(statusCode: Int(status), requestID: try header.text("request_id"), body: body)
    }

    // MARK: Error

    static func write(_ error: JobError?, to writer: inout JSONWriter) {
        writer.memberIfPresent("error", error?.errorClass.rawValue)
        writer.memberIfPresent("message", error?.message)
    }

    static func error(_ header: JSONValue) throws(DamagedRecord) -> JobError? {
        let errorClass = try header.optional("error") { $0.string.flatMap(ErrorClass.init(rawValue:)) }
        guard let errorClass else { return nil }
        return JobError(errorClass, try header.text("message"))
    }
}
