import Foundation

/// What the mutations start from.
package enum Seeds {
    /// The grammar cases of `Tests/JSONTests/Cases`, by name.
    ///
    /// - Throws: the file system's error if they cannot be read.
    package static func cases() throws -> [(name: String, bytes: [UInt8])] {
        let names = try FileManager.default.contentsOfDirectory(atPath: casesFolder.path)
        return try names.filter { $0.hasSuffix(".json") }.sorted().map { name in
            (name, [UInt8](try Data(contentsOf: casesFolder.appendingPathComponent(name))))
        }
    }

    /// Bodies like those a gateway sees, rich in what the cases lack: nesting, escapes and long text together.
    package static let bodies: [[UInt8]] = [
        #"{"model":"a","messages":[{"role":"user","content":"Hi \"you\"\n\u00e9 \ud83d\ude00"}],"stream":true}"#,
        #"{"id":"x","usage":{"prompt_tokens":12,"completion_tokens":34,"cost":1.5e-3},"choices":[{"index":0}]}"#,
        #" [ -0 , 0.5 , 1E+2 , 9223372036854775807 , -9223372036854775808 , 18446744073709551616 , 1e308 ] "#,
        #"{"a":{"b":[[],{},[{}],null,true,false]},"ключ":"текст, 文字 und 🙂 Zeichen","":""}"#,
        #"{"tools":[{"function":{"name":"f","parameters":{"type":"object","properties":{}}}}],"n":null}"#,
    ].map { Array($0.utf8) }

    private static let casesFolder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("JSONTests/Cases")
}
