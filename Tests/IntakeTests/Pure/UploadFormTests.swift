import Testing

@testable import Intake

struct UploadFormTests {
    /// Feeds parts to a form; a file has a name.
    private static func form(_ parts: [(name: String, filename: String?, value: String)]) throws -> UploadForm {
        var form = UploadForm()
        for part in parts {
            try form.begin(MultipartPart(name: part.name, filename: part.filename))
            _ = try form.take(Array(part.value.utf8)[...])
            try form.endPart()
        }
        return form
    }

    private static func param(_ parts: [(name: String, filename: String?, value: String)]) -> String?? {
        do {
            _ = try form(parts).finish()
            return nil
        } catch let error as APIError {
            return error.param
        } catch {
            return "another error"
        }
    }

    private static let file = (name: "file", filename: "a.jsonl" as String?, value: "x")
    private static let purpose = (name: "purpose", filename: nil as String?, value: "batch")

    @Test func partsComeInAnyOrder() throws {
        #expect(try Self.form([Self.file, Self.purpose]).finish() == nil)
        #expect(try Self.form([Self.purpose, Self.file]).filename == "a.jsonl")
    }

    @Test func onlyTheFilesDataIsTheFiles() throws {
        var form = UploadForm()
        try form.begin(MultipartPart(name: "other", filename: "b.bin"))
        #expect(try !form.take([1]))
        try form.endPart()
        try form.begin(MultipartPart(name: "file", filename: "a.jsonl"))
        #expect(try form.take([1]))
    }

    @Test func readsTheLifetime() throws {
        let parts = [
            Self.file, Self.purpose, ("expires_after[anchor]", nil, "created_at"),
            ("expires_after[seconds]", nil, "3600"),
        ]
        #expect(try Self.form(parts).finish() == .seconds(3600))
    }

    @Test func refusals() {
        #expect(Self.param([Self.purpose]) == "file")
        #expect(Self.param([Self.file]) == "purpose")
        #expect(Self.param([("purpose", nil, "fine-tune")]) == "purpose")
        #expect(Self.param([("purpose", nil, "")]) == "purpose")
        #expect(Self.param([Self.purpose, Self.purpose]) == "purpose")
        #expect(Self.param([Self.file, Self.file]) == "file")
        #expect(Self.param([("purpose", nil, String(repeating: "x", count: 2000))]) == "purpose")
        #expect(Self.param([("file", "a\u{1}.jsonl", "x")]) == "file")
        #expect(Self.param([("file", String(repeating: "x", count: 300) + ".jsonl", "x")]) == "file")
    }

    @Test(arguments: [nil, "a.json", "a.jsonl.txt", ".jsonl", ""])
    func otherExtensionsGetTheKnownMessage(name: String?) throws {
        let error = try #require(throws: APIError.self) { try Self.form([("file", name, "x")]) }
        #expect(error.message == "Invalid file format for Batch API. Must be .jsonl")
        #expect(error.code == nil)
    }

    @Test(arguments: ["0", "3599", "2592001", "-1", "1e4", "99999999999999999999", "x"])
    func lifetimesHaveLimits(seconds: String) {
        let parts = [
            Self.file, Self.purpose, ("expires_after[anchor]", nil, "created_at"),
            ("expires_after[seconds]", nil, seconds),
        ]
        #expect(Self.param(parts) == "expires_after[seconds]")
    }

    @Test func lifetimesNeedTheirAnchor() {
        #expect(
            Self.param([Self.file, Self.purpose, ("expires_after[seconds]", nil, "3600")]) == "expires_after[anchor]"
        )
    }

    @Test func manyPartsAreRefused() {
        let parts = (0..<40).map { (name: "field\($0)", filename: nil as String?, value: "") }
        #expect(throws: APIError.self) { try Self.form(parts) }
    }
}
