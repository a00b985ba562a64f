/// The id of a batch, a job, a file or a key; safe to stand in a URL.
struct ObjectID: Sendable, Equatable, CustomStringConvertible {
    let text: String

    /// - Returns: nil unless it is 1 to 200 letters, digits, `_` and `-`.
    init?(_ text: String) {
        let isSafe = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isSafe, (1...200).contains(text.utf8.count) else { return nil }
        self.text = text
    }

    /// An id that the server gave.
    init(checking text: String) throws(CLIError) {
        guard let id = ObjectID(text) else { throw .unexpectedAnswer("the server's answer has an id that is none") }
        self = id
    }

    var description: String { text }

    /// Lines of batches are jobs, although their ids begin like those of batches.
    var isBatch: Bool { text.hasPrefix("batch_") && !text.hasPrefix("batch_req_") }
}

/// The name of a pool or target as settings allow it; safe to stand in a URL.
struct ConfiguredName: Sendable, Equatable, CustomStringConvertible {
    let text: String

    /// - Returns: nil unless it is 1 to 64 letters, digits, `_`, `-` and `.`, and no part of a path such as `..`.
    init?(_ text: String) {
        let withoutDots = text.replacing(".", with: "")
        guard ObjectID(withoutDots) != nil, (1...64).contains(text.utf8.count) else { return nil }
        self.text = text
    }

    var description: String { text }
}
