import Penstock

/// The body of `PATCH`: what becomes of a job's or a batch's class and deadline.
enum ChangeFields {
    /// - Throws: 400, also when there is nothing to change.
    static func read(_ body: [UInt8], at now: Timestamp) throws -> JobChange {
        let fields = try JSONFields(body: body)
        try fields.allowOnly(["class", "deadline"])
        let change = JobChange(
            jobClass: try fields.choice("class"),
            deadline: try DeadlineField.readIfPresent(fields, at: now)
        )
        guard change != JobChange() else {
            throw APIError.badRequest(
                "Say what to change: `class`, `deadline` or both.",
                param: nil,
                code: "missing_required_parameter"
            )
        }
        return change
    }
}
