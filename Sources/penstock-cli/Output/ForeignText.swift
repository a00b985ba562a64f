/// Bytes that others wrote, on their way to the reader in pieces: a terminal gets no character that steers it, any other
/// reader gets the bytes as they are.
struct ForeignText {
    private let channel: TextChannel
    /// The beginning of a character whose end is in the next piece.
    private var beginning: [UInt8] = []

    init(_ channel: TextChannel) {
        self.channel = channel
    }

    mutating func write(_ piece: [UInt8]) throws(CLIError) {
        guard channel.terminal.isTerminal else { return try channel.write(piece) }
        let bytes = beginning + piece
        let end = bytes.count - Self.openEnd(of: bytes)
        beginning = Array(bytes[end...])
        try channel.write(Self.safe(bytes[..<end]))
    }

    /// Writes what is left of a text that ends in the middle of a character.
    mutating func finish() throws(CLIError) {
        let rest = beginning
        beginning = []
        try channel.write(Self.safe(rest))
    }

    /// Bytes that are no character may be a control of an 8-bit terminal; they become replacement characters, too.
    private static func safe(_ bytes: some Collection<UInt8>) -> [UInt8] {
        Array(String(decoding: bytes, as: UTF8.self).printableLines.utf8)
    }

    /// How many bytes at the end may be the beginning of a character.
    private static func openEnd(of bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            switch bytes[bytes.count - length] {
            case 0x80...0xBF: continue
            case 0xC2...0xDF: return length < 2 ? length : 0
            case 0xE0...0xEF: return length < 3 ? length : 0
            case 0xF0...0xF4: return length
            default: return 0
            }
        }
        return 0
    }
}

extension TextChannel {
    /// Writes a whole text that others wrote.
    func foreign(_ bytes: [UInt8]) throws(CLIError) {
        var text = ForeignText(self)
        try text.write(bytes)
        try text.finish()
    }
}
