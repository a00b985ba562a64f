import JSON

/// Checks a batch's input line by line, in the server's codes, and adds up what it will take. Pure.
struct BatchFileCheck {
    /// Requests and estimated tokens of one model.
    struct Load: Sendable, Equatable {
        var requests = 0
        var input = 0
        var output = 0
    }

    static let endpoints = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"]
    /// Most problems that are kept; all are counted.
    static let keptProblems = 50

    /// The endpoint of all lines; from the first line if not given.
    private(set) var endpoint: String?
    private(set) var requests = 0
    private(set) var loads: [String: Load] = [:]
    private(set) var problems: [BatchProblem] = []
    private(set) var problemCount = 0
    private var lineOfID: [String: Int] = [:]

    init(endpoint: String?) {
        self.endpoint = endpoint
    }

    var isValid: Bool { problemCount == 0 }

    mutating func check(_ line: JSONLine) {
        guard !line.isBlank else { return }
        requests += 1
        do {
            try inspect(line)
        } catch {
            add(BatchProblem(code: error.code, line: line.lineNumber, message: error.message, param: error.param))
        }
    }

    /// After the last line.
    mutating func finish() {
        if requests == 0 { add(BatchProblem(code: "empty_file", line: nil, message: "The file holds no request.")) }
        guard let endpoint, !Self.endpoints.contains(endpoint) else { return }
        let known = Self.endpoints.joined(separator: ", ")
        add(
            BatchProblem(
                code: "invalid_endpoint",
                line: nil,
                message: "\(endpoint) is none of \(known).",
                param: "endpoint"
            )
        )
    }

    /// The file cannot be read on: a line is too long.
    mutating func stop(line: Int, message: String) {
        add(BatchProblem(code: "line_too_long", line: line, message: message))
    }

    private mutating func inspect(_ line: JSONLine) throws(LineRefusal) {
        guard let root = (try? JSONDocument(parsing: line.bytes))?.root, root.kind == .object else {
            throw LineRefusal(code: "invalid_json_line", message: "This line is no valid JSON object.")
        }
        if let key = root.duplicateKey {
            throw LineRefusal(code: "duplicate_key", message: "The line has a key twice.", param: key)
        }
        try checkID(root, line: line.lineNumber)
        guard root.text("method") == "POST" else {
            throw LineRefusal(code: "invalid_method", message: "`method` must be POST.", param: "method")
        }
        try checkURL(root)
        guard let body = root["body"] else {
            throw LineRefusal(code: "missing_required_parameter", message: "`body` is missing.", param: "body")
        }
        let request = try RequestCheck.inspect(body, endpoint: endpoint ?? "")
        loads[request.model, default: Load()].requests += 1
        loads[request.model, default: Load()].input += request.input
        loads[request.model, default: Load()].output += request.output
    }

    private mutating func checkID(_ root: JSONValue, line: Int) throws(LineRefusal) {
        guard let id = root.text("custom_id"), !id.isEmpty, id.utf8.count <= 512 else {
            throw LineRefusal(
                code: "missing_required_parameter",
                message: "`custom_id` must be a text of 1 to 512 bytes.",
                param: "custom_id"
            )
        }
        if let earlier = lineOfID[id] {
            throw LineRefusal(
                code: "duplicate_custom_id",
                message: "`custom_id` was used in line \(earlier) already.",
                param: "custom_id"
            )
        }
        lineOfID[id] = line
    }

    private mutating func checkURL(_ root: JSONValue) throws(LineRefusal) {
        let url = root.text("url")
        if endpoint == nil { endpoint = url }
        guard let url, url == endpoint else {
            throw LineRefusal(
                code: "url_mismatch",
                message: "`url` must be the endpoint of the batch, \(endpoint ?? "a path").",
                param: "url"
            )
        }
    }

    private mutating func add(_ problem: BatchProblem) {
        problemCount += 1
        if problems.count < Self.keptProblems { problems.append(problem) }
    }
}

/// Why a line would be refused.
struct LineRefusal: Error, Equatable {
    var code: String
    var message: String
    var param: String?
}
