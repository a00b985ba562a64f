/// The name of a job in the API of background responses: `resp_…` where the native one is `job_…`.
package enum ResponseID {
    private static let prefix = "resp_"

    package static func text(of id: JobID) -> String { prefix + id.text.dropFirst(4) }

    /// - Returns: an id that no job has for a text that is none.
    package static func parse(_ text: String) -> JobID {
        text.hasPrefix(prefix) ? JobID("job_" + text.dropFirst(prefix.count)) : JobID("")
    }
}
