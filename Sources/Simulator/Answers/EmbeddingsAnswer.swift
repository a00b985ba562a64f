import Glibc
import JSON
import Penstock

/// Answers of `/v1/embeddings`: for each input a vector of length 1 that depends on nothing but the input.
enum EmbeddingsAnswer {
    private static let defaultDimensions = 16

    static func make(_ request: SimulatedRequest) -> Answer {
        let asked = request.root["dimensions"]?.int64.map(Int.init(clamping:)) ?? defaultDimensions
        let dimensions = min(4096, max(1, asked))
        let isBase64 = request.root["encoding_format"]?.string == "base64"
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("object", "list")
            writer.key("data")
            writer.array { writer in
                for (index, input) in inputs(of: request).enumerated() {
                    let vector = vector(of: input, dimensions: dimensions)
                    write(vector, index, isBase64: isBase64, to: &writer)
                }
            }
            writer.member("model", request.model)
            writer.key("usage")
            writer.object { writer in
                writer.member("prompt_tokens", request.inputTokens)
                writer.member("total_tokens", request.inputTokens)
            }
        }
        return Answer(body: writer.bytes, usage: Usage(input: request.inputTokens, output: 0))
    }

    /// An input is text or token numbers; an array of those is several. At most 2,048 are answered, as at OpenAI.
    private static func inputs(of request: SimulatedRequest) -> [ArraySlice<UInt8>] {
        guard let input = request.root["input"] else { return [] }
        guard input.kind == .array, input.elements.first(where: { _ in true })?.kind != .number else {
            return [input.rawBytes]
        }
        return input.elements.prefix(2048).map(\.rawBytes)
    }

    static func vector(of input: ArraySlice<UInt8>, dimensions: Int) -> [Float] {
        let dice = Dice(hashing: input).dice(for: .vector)
        // Away from zero, so that no vector has length 0.
        let raw = (0..<dimensions).map { index in
            let value = dice.fraction(at: index) * 2 - 1
            return value < 0 ? value - 0.01 : value + 0.01
        }
        let length = sqrt(raw.reduce(0) { $0 + $1 * $1 })
        return raw.map { Float($0 / length) }
    }

    private static func write(_ vector: [Float], _ index: Int, isBase64: Bool, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("object", "embedding")
            writer.member("index", index)
            writer.key("embedding")
            if isBase64 {
                writer.string(Base64.text(of: vector.flatMap(\.littleEndianBytes)))
            } else {
                writer.array { writer in
                    for value in vector { writer.number(text: "\(value)") }
                }
            }
        }
    }
}

extension Float {
    fileprivate var littleEndianBytes: [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: bitPattern >> (8 * UInt32($0))) }
    }
}
