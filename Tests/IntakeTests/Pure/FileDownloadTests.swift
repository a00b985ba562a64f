import Testing

@testable import Intake

struct FileDownloadTests {
    @Test(arguments: [
        ("requests.jsonl", "requests.jsonl"), ("a\"b\\c.jsonl", "a_b_c.jsonl"), ("é水.jsonl", "__.jsonl"),
        ("a\r\nb\u{1B}[2J\u{7F}.jsonl", "a__b_[2J_.jsonl"), ("\u{9B}\u{202E}lnosj.jsonl", "__lnosj.jsonl"),
    ])
    func filenamesAreMadePlain(_ name: String, _ plain: String) {
        #expect(FileDownload.plain(name) == plain)
    }
}
