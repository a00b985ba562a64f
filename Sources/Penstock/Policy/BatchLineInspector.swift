import JSON

/// One good line of a batch's input file.
package struct InspectedLine: Sendable {
    package var customID: String
    package var request: InspectedRequest
    /// The request's bytes as they stand in the line.
    package var body: [UInt8]

    package init(customID: String, request: InspectedRequest, body: [UInt8]) {
        self.customID = customID
        self.request = request
        self.body = body
    }
}

/// Checks lines of batch input files, in the error codes of the OpenAI API.
package enum BatchLineInspector {
    /// - Throws: `RequestRefusal` with the code of the complaint.
    package static func inspect(_ line: [UInt8], endpoint: Endpoint) throws(RequestRefusal) -> InspectedLine {
        let root = try parse(line)
        let customID = try self.customID(of: root)
        guard root["method"]?.string == "POST" else {
            throw RequestRefusal(code: "invalid_method", message: "`method` must be POST.", param: "method")
        }
        guard root["url"]?.string == endpoint.rawValue else {
            throw RequestRefusal(
                code: "url_mismatch",
                message: "`url` must be the endpoint of the batch, \(endpoint.rawValue).",
                param: "url"
            )
        }
        guard let body = root["body"] else {
            throw RequestRefusal(
                code: "missing_required_parameter",
                message: "`body` is missing.",
                param: "body"
            )
        }
        do {
            let request = try RequestInspector.inspect(body, endpoint: endpoint)
            return InspectedLine(customID: customID, request: request, body: Array(body.rawBytes))
        } catch {
            let param = error.param.map { $0 == "body" ? $0 : "body.\($0)" } ?? "body"
            throw RequestRefusal(code: error.code, message: error.message, param: param)
        }
    }

    /// The caller's name for a line, whatever else is wrong with it; nil for one that has none.
    package static func customID(in line: [UInt8]) -> String? {
        (try? parse(line)).flatMap { try? customID(of: $0) }
    }

    private static func parse(_ line: [UInt8]) throws(RequestRefusal) -> JSONValue {
        let document = try? JSONDocument(parsing: line)
        guard let root = document?.root, root.kind == .object else {
            throw RequestRefusal(code: "invalid_json_line", message: "This line is not parseable as valid JSON.")
        }
        if let key = root.duplicateKey {
            throw RequestRefusal(code: "duplicate_key", message: "The line has a key twice.", param: key)
        }
        return root
    }

    private static func customID(of root: JSONValue) throws(RequestRefusal) -> String {
        guard let customID = root["custom_id"]?.string, (1...512).contains(customID.unicodeScalars.count) else {
            throw RequestRefusal(
                code: "missing_required_parameter",
                message: "`custom_id` must be a text of 1 to 512 characters.",
                param: "custom_id"
            )
        }
        return customID
    }
}
