import CJQ

/// The text of a family's jq file, and the program it becomes.
///
/// The program takes `[CALL, INPUT]`, where CALL is `adapter`, `request`, `response`, `usage` or `failure`.
struct AdapterSource: Sendable {
    let name: String
    let text: String

    /// Begins every placeholder of a value that jq does not see; see `OpaqueValues`.
    static let placeholderPrefix = "penstock-opaque-"

    /// Ends a placeholder whose value is wanted as JSON text in a string.
    static let textSuffix = ":text"

    /// Comes before the file, on its first line, so that line numbers in errors are the file's. Adapters see neither
    /// the environment, which holds secrets, nor files, write nothing to standard error, and cannot end the
    /// interpreter; and `tojson` and `fromjson` do to a placeholder what they would do to its value.
    private static let prelude = [
        "{} as $ENV | def env: $ENV;",
        "def halt: error; def halt_error: error; def halt_error($code): error;",
        "def input: null; def inputs: empty; def debug: .; def stderr: .;",
        "def input_filename: null; def input_line_number: null; def modulemeta: null; def get_search_list: [];",
        #"def _is_opaque: type == "string" and startswith("\#(placeholderPrefix)");"#,
        #"def _tojson: tojson; def tojson: if _is_opaque then . + "\#(textSuffix)" else _tojson end;"#,
        "def _fromjson: fromjson; def fromjson: if _is_opaque then . else _fromjson end; ",
    ].joined(separator: " ")

    private static let calls = """

        .[0] as $call | .[1]
        | if $call == "request" then request
          elif $call == "response" then {body: response, usage: usage}
          elif $call == "usage" then usage
          elif $call == "failure" then failure
          else ("" | test("")) as $primed | adapter end
        """

    /// - Throws: `JQCompileError`.
    func compiled() throws(JQCompileError) -> JQProgram {
        try JQProgram(Self.prelude + text + Self.calls)
    }

    /// What a run on `input` is given.
    static func call(_ name: String, on input: [UInt8]) -> [UInt8] {
        Array(#"["\#(name)","#.utf8) + input + Array("]".utf8)
    }
}
