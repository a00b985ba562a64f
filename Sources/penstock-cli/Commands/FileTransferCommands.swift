import ArgumentParser
import JSON

struct FilesUploadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload",
        abstract: "Upload a file of requests, for batches to come.",
        discussion: """
            The file's id is printed on standard output. To upload and run in one step: penstock submit FILE.

            \(ExitCodeText.usual)
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
            try TextChannel.output.line(try answer.root.required("id").printable)
        }
    }
}

struct FilesDownloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "download",
        abstract: "Fetch a file's content.",
        discussion: ExitCodeText.usual
    )

    @Argument(help: "The id of a file.")
    var id: ObjectID

    @Option(
        name: .shortAndLong,
        help: "Write to this file instead of standard output; it appears when it is complete.",
        completion: .file()
    )
    var output: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withAPI { api in
            let download = FileDownload(api: api)
            guard let output else { return try await download.toOutput(id, .output) }
            let count = try await download.toFile(id, path: output)
            TextChannel.notes.note("\(output): \(NumberText.bytes(count))".printable)
        }
    }
}
