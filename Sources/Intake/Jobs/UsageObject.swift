import JSON
import Penstock

/// Tokens in the words of OpenAI's newer objects.
enum UsageObject {
    static func write(_ usage: Usage?, to writer: inout JSONWriter) {
        guard let usage else { return writer.null() }
        writer.object { writer in
            writer.member("input_tokens", usage.input)
            writer.key("input_tokens_details")
            writer.object { writer in
                writer.member("cached_tokens", usage.cachedInput)
                writer.member("cache_write_tokens", usage.cacheWrite)
            }
            writer.member("output_tokens", usage.output)
            writer.key("output_tokens_details")
            writer.object { $0.member("reasoning_tokens", usage.reasoning) }
            writer.member("total_tokens", usage.input + usage.output)
        }
    }
}
