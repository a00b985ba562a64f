import Fetch

/// Why a command could not do its work.
enum CLIError: Error {
    /// The server answered with an error.
    case server(ServerFailure)
    /// No answer from the server.
    case unreachable(address: String, reason: FetchError)
    /// An answer that Penstock does not give.
    case unexpectedAnswer(String)
    /// Something on this machine: a file, the key, the output.
    case local(String)

    /// The exit code of the process.
    var status: CommandStatus {
        switch self {
        case .unreachable: .unreachable
        case .server, .unexpectedAnswer, .local: .failure
        }
    }

    /// Whether the same call may well succeed a little later.
    var isTransient: Bool {
        switch self {
        case .server(let failure): [429, 500, 502, 503, 504].contains(failure.status)
        case .unreachable(_, let reason): ExchangeRetry.isWorthRepeating(reason) || reason.code.isTimeout
        case .unexpectedAnswer, .local: false
        }
    }

    /// What a person reads, over one or more lines; names of files and words of servers in it steer no terminal.
    var text: String { message.printableLines }

    private var message: String {
        switch self {
        case .server(let failure): failure.text
        case .unreachable(let address, let reason): Self.unreachableText(address, reason)
        case .unexpectedAnswer(let message):
            message + ". Is this address a Penstock server? See --url and PENSTOCK_URL."
        case .local(let message): message
        }
    }

    private static func unreachableText(_ address: String, _ reason: FetchError) -> String {
        let detail = reason.message.printable
        switch reason.code {
        case .connectFailed, .resolveFailed:
            return """
                cannot connect to \(address): \(detail)
                Check that the server (penstockd) runs there, and the address: --url or PENSTOCK_URL.
                """
        case .timedOut, .idleTimedOut:
            return "the server at \(address) did not answer in time: \(detail)"
        case .tlsFailed:
            return "no trusted TLS connection to \(address): \(detail)"
        default:
            return "the exchange with \(address) failed: \(detail)"
        }
    }
}

extension FetchError.Code {
    var isTimeout: Bool { self == .timedOut || self == .idleTimedOut }
}
