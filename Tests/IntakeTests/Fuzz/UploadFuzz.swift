import JSON
import JSONFuzz
import Penstock
import Testing

@testable import Intake

/// What callers upload, damaged at random: nothing crashes, and no verdict depends on how the bytes are cut.
///
/// For five minutes: `PENSTOCK_FUZZ_SECONDS=300 swift test --filter UploadFuzz`.
struct UploadFuzz {
    @Test func multipartForms() throws {
        var form = Form()
        form.add("purpose", "batch")
        form.add("file", filename: "a \\\"b\\\".jsonl", Array("line\r\n--b\r\n------boundary4\n\r\n".utf8))
        form.add("expires_after[seconds]", "3600")
        let fragments = [
            "\r\n", "\r", "\n", "--", "\r\n--\(form.boundary)", "\r\n--\(form.boundary)--", ": ", "\"", "\\", ";", "\0",
            "Content-Disposition: form-data; name=\"x\"\r\n\r\n", "filename*=UTF-8''%e2%82%ac%", "filename=\"\\", "=",
        ].map { Array($0.utf8) }
        let (bytes, boundary) = (form.bytes, form.boundary)
        try FuzzClock.run("multipart") { random in
            let input = FuzzClock.damage(bytes, with: fragments, using: &random)
            let whole = Result { () throws(MultipartError) in try FormItem.read([input[...]], boundary: boundary) }
            let pieces = Invariants.randomChunks(of: input, using: &random)
            let cut = Result { () throws(MultipartError) in try FormItem.read(pieces, boundary: boundary) }
            return whole == cut ? nil : "pieces change the form: \(input)"
        }
    }

    @Test func linesOfBatchFiles() throws {
        let mutator = Mutator(seeds: Self.lines.map { Array($0.utf8) })
        try FuzzClock.run("lines") { random in
            var input: [UInt8] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) { input += mutator.next(using: &random) + [0x0A] }
            let whole = Self.read([input[...]])
            guard whole == Self.read(Invariants.randomChunks(of: input, using: &random)) else {
                return "chunks change the lines: \(input)"
            }
            for line in whole {
                for endpoint in Endpoint.allCases {
                    guard let good = try? BatchLineInspector.inspect(line, endpoint: endpoint) else { continue }
                    guard good.customID == BatchLineInspector.customID(in: line),
                        (try? JSONDocument(parsing: good.body))?.root.kind == .object
                    else { return "a line is taken for what it is not: \(line)" }
                }
            }
            return nil
        }
    }

    @Test func bodiesOfMessageBatches() throws {
        let seeds = Self.lines.map { #"{"requests":[\#($0), {"custom_id":"a\"}]"}],"metadata":{"k":["]}"]}}"# }
        let mutator = Mutator(seeds: seeds.map { Array($0.utf8) })
        try FuzzClock.run("requests") { random in
            let input = mutator.next(using: &random)
            let whole = Self.split([input[...]])
            guard whole == Self.split(Invariants.randomChunks(of: input, using: &random)) else {
                return "chunks change the requests: \(input)"
            }
            // What is a body with one list of requests is taken apart as a parser sees it.
            guard let root = (try? JSONDocument(parsing: input))?.root, root.duplicateKey == nil,
                input.firstRange(of: Array("\"requests\"".utf8)) != nil,
                let requests = root["requests"], requests.kind == .array
            else { return nil }
            let expected = requests.elements.map { Array($0.rawBytes) }
            return whole == expected ? nil : "requests are missed: \(input)"
        }
    }

    /// One good line of each kind that callers send.
    private static let lines = [
        #"{"custom_id":"é 1","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":"#
            + #"[{"role":"user","content":[{"type":"text","text":"Hi \u00e9 \ud83d\ude00"}]}],"max_tokens":9,"n":2}}"#,
        #"{"custom_id":"2","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":["a",[1,2,3]]}}"#,
        #"{"custom_id":"3","method":"POST","url":"/v1/responses","body":{"model":"m","input":"x","#
            + #""max_output_tokens":1e2,"metadata":{"k":"v"}}}"#,
        #"{"custom_id":"4","method":"POST","url":"/v1/completions","body":{"model":"m","prompt":["x","y"]}}"#,
        #"{"custom_id":"5","params":{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}}"#,
    ]

    private static func read(_ chunks: [ArraySlice<UInt8>]) -> [[UInt8]] {
        var lines = JSONLines(maxLineBytes: 1 << 20)
        var found: [[UInt8]] = []
        for chunk in chunks {
            lines.append(chunk)
            while let line = try? lines.next() { found.append(line.bytes) }
        }
        lines.finish()
        while let line = try? lines.next() { found.append(line.bytes) }
        return found
    }

    /// The requests of a body; nil for one that is refused or not whole.
    private static func split(_ chunks: [ArraySlice<UInt8>]) -> [[UInt8]]? {
        var splitter = RequestsSplitter(maxValueBytes: 1 << 20)
        var requests: [[UInt8]] = []
        for chunk in chunks {
            splitter.append(chunk)
            do {
                while let part = try splitter.next() {
                    if case .request(let request) = part { requests.append(request) }
                }
            } catch {
                return nil
            }
        }
        return splitter.isFinished ? requests : nil
    }
}
