import ArgumentParser

/// How one object is deleted for good: after a question, and with what the server says of it.
struct DeletionOptions: ParsableArguments {
    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    /// - Parameter path: where objects of its kind are.
    func run(_ id: ObjectID, in path: String) async throws {
        if !yes { try Confirmation.ask("Delete \(id)?", otherwise: "nothing was deleted") }
        try await connection.withAPI { api in
            let answer = try await api.delete("\(path)/\(id)")
            if format.json { return try TextChannel.output.json(answer.root) }
            try TextChannel.output.line("\(id) is deleted")
        }
    }
}
