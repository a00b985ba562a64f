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
            """,
        subcommands: [
            FilesListCommand.self, FilesUploadCommand.self, FilesDownloadCommand.self, FilesDeleteCommand.self,
        ],
        defaultSubcommand: FilesListCommand.self
    )
}

struct FilesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List files, newest first.")

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

struct FilesUploadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload",
        abstract: "Upload a file of requests, for batches to come.",
        discussion: """
            The file's id is printed on standard output. To upload and run in one step: penstock submit FILE.
            """
    )

    @Argument(help: "A .jsonl file.", completion: .file(extensions: ["jsonl"]))
    var file: String

    @OptionGroup var format: FormatOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let size = try FileUpload.size(of: file)
        let name = String(file.split(separator: "/").last ?? "")
        try await connection.withAPI { api in
            let answer = try await FileUpload(api: api, path: file, filename: name).send(size: size)
            if format.json { return try TextChannel.output.json(answer.root) }
            try TextChannel.output.line(try answer.root.required("id"))
        }
    }
}

struct FilesDownloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "download", abstract: "Fetch a file's content.")

    @Argument(help: "The id of a file.")
    var id: ObjectID

    @Option(help: "Write to this file instead of standard output; it appears when it is complete.", completion: .file())
    var output: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let download = FileDownload(api: api)
            guard let output else { return try await download.toOutput(id, .output) }
            let count = try await download.toFile(id, path: output)
            TextChannel.notes.note("\(output): \(NumberText.bytes(count))")
        }
    }
}

struct FilesDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete a file for good.",
        discussion: "The input of a batch that has not ended cannot be deleted."
    )

    @Argument(help: "The id of a file.")
    var id: ObjectID

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        if !yes { try Confirmation.ask("Delete \(id)?", otherwise: "nothing was deleted") }
        try await connection.withAPI { api in
            _ = try await api.delete("/v1/files/\(id)")
            try TextChannel.output.line("\(id) is deleted")
        }
    }
}
