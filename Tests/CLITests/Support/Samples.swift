/// Answers of a server, as tests need them.
enum Samples {
    static let requestLines = """
        {"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"hi"}]}}
        {"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"ho"}]}}

        """

    static func batch(
        _ status: String,
        total: Int = 2,
        completed: Int = 0,
        failed: Int = 0,
        output: String? = nil,
        errorFile: String? = nil,
        errors: String = "null"
    ) -> String {
        let quoted = { (text: String?) in text.map { "\"\($0)\"" } ?? "null" }
        return """
            {"id":"batch_1","object":"batch","endpoint":"/v1/chat/completions","input_file_id":"file-1",
            "completion_window":"24h","status":"\(status)","created_at":1700000000,"errors":\(errors),
            "output_file_id":\(quoted(output)),"error_file_id":\(quoted(errorFile)),
            "request_counts":{"total":\(total),"completed":\(completed),"failed":\(failed)},
            "cost_usd":"0.012300000","unknown_costs":0,"metadata":{"team":"x"}}
            """
    }

    static func job(_ state: String, id: String = "job_1", result: String = "null") -> String {
        """
        {"id":"\(id)","object":"job","state":"\(state)","model":"m","endpoint":"/v1/chat/completions",
        "class":"standard","durability":"redis","created_at":1700000000,"attempts":1,"waiting_for":null,
        "position":null,"result":\(result),"error":null,"usage":null,"cost_usd":null}
        """
    }
}
