import Glibc

/// A private directory for one test.
package struct TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/penstock-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestSupportError("mkdtemp: error \(errno)") }
        self.path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The path of a file inside.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    package func remove() async throws {
        try await ChildProcess.run("rm", ["-rf", path])
    }
}
