import Glibc

/// Asks before something that cannot be taken back.
enum Confirmation {
    /// - Throws: `CLIError.local` unless the person at the terminal says yes, and where there is none.
    ///
    /// - Parameter otherwise: what is true after a no.
    static func ask(_ question: String, otherwise: String = "nothing was cancelled") throws(CLIError) {
        guard isatty(STDIN_FILENO) == 1, TextChannel.notes.terminal.isTerminal else {
            throw .local("there is nobody to ask here: give --yes")
        }
        try TextChannel.notes.write(Array("\(question) [y/N] ".printable.utf8))
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            throw .local(otherwise)
        }
    }
}
