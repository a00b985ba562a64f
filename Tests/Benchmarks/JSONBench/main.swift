import JSON

let turns = (0..<8).map { "Line one of turn \($0).\nLine two says \"hello\" and goes on for a while, plainly." }

/// A chat completion request of about one kilobyte.
func chatRequest() -> [UInt8] {
    var writer = JSONWriter()
    writer.object { request in
        request.member("model", "prod.chat.default")
        request.key("messages")
        request.array { messages in
            for (index, turn) in turns.enumerated() {
                messages.object { message in
                    message.member("role", index.isMultiple(of: 2) ? "user" : "assistant")
                    message.member("content", turn)
                }
            }
        }
        request.member("max_tokens", 256)
        request.key("temperature")
        request.number(text: "0.7")
        request.member("stream", true)
        request.key("metadata")
        request.object { $0.member("trace", "4bf92f3577b34da6a3ce929d0e0e4736") }
    }
    return writer.bytes
}

/// One string member of about `count` bytes, made of `phrase`.
func document(repeating phrase: String, count: Int) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { $0.member("content", String(repeating: phrase, count: count / phrase.utf8.count)) }
    return writer.bytes
}

/// An embedding answer: one array of numbers.
func embedding(count: Int) -> [UInt8] {
    var writer = JSONWriter()
    writer.array { array in
        for index in 0..<count { array.number(text: "-0.0\(1000 + index * 7919 % 9000)") }
    }
    return writer.bytes
}

/// Nanoseconds per call: the best of several rounds, so that other work on the machine counts little.
func nanoseconds(iterations: Int, _ work: () throws -> Int) rethrows -> Double {
    let clock = ContinuousClock()
    var best = Double.infinity
    for _ in 0..<7 {
        var sink = 0
        let start = clock.now
        for _ in 0..<iterations { sink &+= try work() }
        let elapsed = (clock.now - start) / .nanoseconds(1)
        precondition(sink != 0, "the work must not be optimised away")
        best = min(best, elapsed / Double(iterations))
    }
    return best
}

func parseTime(_ bytes: [UInt8], iterations: Int) throws -> Double {
    try nanoseconds(iterations: iterations) { try JSONDocument(parsing: bytes).root.range.count }
}

func scanTime(_ bytes: [UInt8], chunk: Int, iterations: Int) throws -> Double {
    try nanoseconds(iterations: iterations) {
        var scanner = JSONScanner()
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            try scanner.consume(bytes[start..<min(start + chunk, bytes.count)])
        }
        try scanner.finish()
        return bytes.count
    }
}

func megabytesPerSecond(_ bytes: [UInt8], _ nanoseconds: Double) -> Int {
    Int(Double(bytes.count) * 1000 / nanoseconds)
}

let chat = chatRequest()
let text = document(repeating: "The quick brown fox jumps over the lazy dog, said \"nobody\".\n", count: 1 << 20)
let wide = document(repeating: "这是一个测试句子，用来测量速度。", count: 1 << 20)
let numbers = embedding(count: 50_000)

let chatParse = try parseTime(chat, iterations: 20_000)
let chatFields = try nanoseconds(iterations: 20_000) {
    let root = try JSONDocument(parsing: chat).root
    guard root.duplicateKey == nil, let model = root["model"]?.string else { return 0 }
    return model.utf8.count + Int(root["max_tokens"]?.int64 ?? 0)
}

var report = JSONWriter()
try report.object { report throws in
    report.member("benchmark", "json")
    report.member("chat_bytes", chat.count)
    report.member("chat_parse_ns", Int(chatParse))
    report.member("chat_parse_and_fields_ns", Int(chatFields))
    report.member("chat_parse_mb_per_s", megabytesPerSecond(chat, chatParse))
    report.member("chat_write_ns", Int(nanoseconds(iterations: 20_000) { chatRequest().count }))
    for (name, body) in [("text", text), ("cjk", wide), ("numbers", numbers)] {
        report.member("\(name)_parse_mb_per_s", try megabytesPerSecond(body, parseTime(body, iterations: 20)))
    }
    report.member(
        "text_chunks_1400_mb_per_s",
        try megabytesPerSecond(text, scanTime(text, chunk: 1400, iterations: 20))
    )
}
print(String(decoding: report.bytes, as: UTF8.self))
