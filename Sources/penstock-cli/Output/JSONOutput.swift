import JSON

extension TextChannel {
    /// Writes a value of the server on one line, for scripts.
    func json(_ value: JSONValue) throws(CLIError) {
        var writer = JSONWriter()
        writer.raw(value.rawBytes)
        try foreign(writer.bytes + [UInt8(ascii: "\n")])
    }

    /// Writes one line per value.
    func json(_ values: [JSONValue]) throws(CLIError) {
        for value in values where !readerIsGone { try json(value) }
    }
}
