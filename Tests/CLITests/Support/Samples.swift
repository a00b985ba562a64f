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

    /// A list of one pool with two tenants of weights 1 and 3.
    ///
    /// - Parameter tokens: what they were served.
    static func pools(_ tokens: (Int, Int) = (0, 0), taken: Int = 0, id: String = "default", paused: Bool = false)
        -> String
    {
        let tenants = [("acme", 1, tokens.0, "null"), ("globex", 3, tokens.1, "null"), ("initech", 1, 0, #""slots""#)]
            .map {
                #"{"tenant":"\#($0)","class":"standard","weight":\#($1),"waiting":10,"running":1,"#
                    + #""served_tokens":\#($2),"parked":\#($3)}"#
            }
        let pause = #""paused":\#(paused),"paused_by":"key_1","paused_at":1700000000,"pause_reason":"quota""#
        return """
            {"object":"list","has_more":false,"data":[{"id":"\(id)","object":"pool",\(pause),"configured":true,
            "waiting":1234,"running":12,"delayed":3,"flows":2,"taken_jobs":\(taken),"taken_tokens":\(taken * 100),
            "targets":[
            {"id":"east","state":"available","until":null,"since":null,"running":12,"max_running":50,
            "service_time_ms":{"p10":800,"p50":1200,"p95":3400,"samples":40}},
            {"id":"west","state":"stopped","until":null,"since":1700000000,"running":0,"max_running":null,
            "service_time_ms":null},
            {"id":"north","state":"paused","pause_reason":"bad answers","running":1,"max_running":5}],
            "limit_groups":[{"id":"account","running":12,"max_running":64,"limits":[
            {"dimension":"requests","per_minute":3000,"learned":false,"use":0.97},
            {"dimension":"input_tokens","per_minute":700000,"learned":true,"use":0.5}]}],
            "tenants":[\(tenants.joined(separator: ","))],"models":[]}]}
            """
    }

    /// What a plan was drawn from: a pool that is limited, and an idle one.
    private static let fleetInputs = """
        {"by_slots":4,"by_cpu":1,"cpu":0.42,"calls":980.5,"pools":[
        {"id":"mini","reason":"rate_limited","arrivals_per_second":60.2,"runnable":1200,"unfed":8000,"running":50,
        "wanted_per_second":366.8,"granted_per_second":50.0,"service_time_ms":1003,"calls":50.1,
        "limit":{"group":"account","dimension":"requests","limit":3000}},
        {"id":"large","reason":"idle","arrivals_per_second":0,"runnable":0,"unfed":0,"running":0,
        "wanted_per_second":0,"granted_per_second":null,"service_time_ms":null,"calls":0,"limit":null}]}
        """

    /// Workers that serve two pools, and the one fleet that runs them.
    ///
    /// - Parameter desired: `null` where nobody has planned.
    static func fleet(
        _ reason: String = "rate_limited",
        desired: String = "4",
        explanation: String = "4 of 8: the provider's 3,000 requests/min are used",
        failing: Int = 0
    ) -> String {
        let moments =
            desired == "null" ? #""since":null,"planned_at":null"# : #""since":1764565200,"planned_at":1764565300"#
        return """
            {"object":"fleet","sets":[{"id":"*","pools":["large","mini"],"desired":\(desired),"reason":"\(reason)",
            "explanation":"\(explanation)",\(moments),"min":1,"max":8,"ready":4,"draining":1,"slots":250,
            "slots_in_use":613,"inputs":\(desired == "null" ? "null" : fleetInputs)}],
            "workers":[
            {"id":"worker@a:123:ab12cd34","set":"*","host":"a","pid":123,"state":"ready","slots":250,"slots_in_use":17,
            "cpu":0.31,"since":1764565200},
            {"id":"worker@b:7:ab12cd35","set":"*","host":"b","pid":7,"state":"draining","slots":250,"slots_in_use":3,
            "cpu":null,"since":1764565200}],
            "fleets":[{"id":"fleet@a:100:ab12cd34","set":"*","host":"a","share":4,"max":8,"failing":\(failing),
            "since":1764565200}]}
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
