import ArgumentParser
import Glibc
import JSON

struct FilesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "List, upload, download and delete files.",
        discussion: """
            Uploads are inputs of batches; results are files, too, and can be read while their batch runs.

            Examples:
              penstock files --purpose batch_output
              penstock files upload requests.jsonl
              penstock files download file-0123 --output results.jsonl
              penstock files delete file-0123

            \(ExitCodeText.usual)
            """,
        subcommands: [
            FilesListCommand.self, FilesUploadCommand.self, FilesShowCommand.self, FilesDownloadCommand.self,
            FilesDeleteCommand.self,
        ],
        defaultSubcommand: FilesListCommand.self
    )
}

struct FilesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List files, newest first.",
        discussion: ExitCodeText.usual
    )

    @Option(help: "How many at most.")
    var limit = 20

    @Option(help: "Only these: batch or batch_output.")
    var purpose: String?

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        try ListLimit.check(limit)
    }

    func run() async throws {
        try await connection.withAPI { api in
            let query = purpose.map { [(name: "purpose", value: $0)] } ?? []
            let files = try await api.list("/v1/files", query: query, limit: limit)
            if format.json { return try TextChannel.output.json(files) }
            try TextChannel.output.table(
                Table(
                    [
                        .text("FILE"), .text("PURPOSE"), .number("SIZE"), .text("CREATED"), .text("EXPIRES"),
                        .flexible("NAME"),
                    ],
                    rows: files.map { file in
                        [
                            Table.Cell(file.text("id")), Table.Cell(file.text("purpose")),
                            Table.Cell(file.int("bytes").map { NumberText.bytes($0) }),
                            Table.Cell(TimeText.utc(file.int("created_at"))),
                            Table.Cell(TimeText.utc(file.int("expires_at"))), Table.Cell(file.text("filename")),
                        ]
                    }
                )
            )
        }
    }
}

struct FilesShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what a file is, not its content.",
        discussion: ExitCodeText.usual
    )

    @Argument(help: "The id of a file.")
    var id: ObjectID

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let file = try await api.get("/v1/files/\(id)").root
            if format.json { return try TextChannel.output.json(file) }
            try TextChannel.output.details(Self.details(of: file))
        }
    }

    static func details(of file: JSONValue) -> Details {
        var details = Details()
        details.add("file", file.text("id"), style: .strong)
        details.add("name", file.text("filename"))
        details.add("purpose", file.text("purpose"))
        details.add("size", file.int("bytes").map { NumberText.bytes($0) })
        details.add("created", TimeText.utc(file.int("created_at")))
        details.add("expires", TimeText.utc(file.int("expires_at")))
        return details
    }
}

struct FilesDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete a file for good.",
        discussion: """
            The input of a batch that has not ended cannot be deleted.

            \(ExitCodeText.usual)
            """
    )

    @Argument(help: "The id of a file.")
    var id: ObjectID

    @OptionGroup var deletion: DeletionOptions

    func run() async throws {
        try await deletion.run(id, in: "/v1/files")
    }
}
