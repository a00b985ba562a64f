/// The exit codes of every command. Usage errors are 64 and come from the argument parser.
enum CommandStatus: Int32, Sendable {
    case success = 0
    /// The command could not do its work.
    case failure = 1
    /// It did, but not all of the LLM work succeeded.
    case partlyFailed = 2
    /// The batch's input was refused.
    case invalidInput = 3
    /// No answer from the server.
    case unreachable = 4
    /// Ctrl-C while following; what was submitted goes on.
    case interrupted = 130
}

/// How the help of commands tells the codes.
enum ExitCodeText {
    static let usual = "Exit codes: 0 ok, 1 error, 4 the server cannot be reached, 64 wrong usage."
    static let withWork =
        "Exit codes: 0 ok, 1 error, 2 some of the work failed, expired or was cancelled, 3 the batch's input is "
        + "invalid, 4 the server cannot be reached, 64 wrong usage."
    static let offline = "Exit codes: 0 ok, 1 error, 64 wrong usage."
}
