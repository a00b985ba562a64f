import Glibc
package import Penstock

/// The provider families that targets name, read and compiled once at start.
package struct AdapterLibrary: Sendable {
    /// Longest file that is read.
    private static let longest = 1 << 20
    private static let suffix = ".jq"
    private static let builtIn = ["anthropic": PackageResources.anthropic_jq]

    private var families: [String: AdapterFamily] = [:]

    /// No families but the one that needs no adapter.
    package init() {}

    /// - Parameters:
    ///   - names: the families to load; `Target.passThrough` needs no file.
    ///   - directory: where `NAME.jq` files add families or replace built-in ones.
    /// - Throws: what is wrong with a name or a file.
    package init(_ names: Set<String>, directory: String?) throws(AdapterError) {
        let files = try directory.map(Self.files) ?? []
        guard !files.contains(Target.passThrough + Self.suffix) else {
            throw AdapterError(
                "the adapter `\(Target.passThrough)` passes requests on as they are and cannot be replaced: rename "
                    + "\(directory ?? "")/\(Target.passThrough).jq"
            )
        }
        for name in names.sorted() where name != Target.passThrough {
            let text: [UInt8]
            var origin = "built in"
            if let directory, files.contains(name + Self.suffix) {
                origin = "\(directory)/\(name)\(Self.suffix)"
                text = try Self.read(origin)
            } else if let source = Self.builtIn[name] {
                text = source
            } else {
                let known = Set(files.map { String($0.dropLast(Self.suffix.count)) }).union(Self.builtIn.keys)
                    .union([Target.passThrough])
                throw AdapterError(
                    "there is no adapter `\(name)`; known are: \(known.sorted().joined(separator: ", "))"
                )
            }
            do {
                families[name] = try AdapterFamily(
                    AdapterSource(name: name, text: String(decoding: text, as: UTF8.self))
                )
            } catch {
                throw AdapterError("the adapter `\(name)` (\(origin)) \(error)")
            }
        }
    }

    /// What a family serves; everything, if it needs no adapter.
    package func endpoints(of family: String) -> Set<Endpoint> {
        guard let family = families[family] else { return Set(Endpoint.allCases) }
        var endpoints = Set(family.paths.keys).union(family.nativePaths.keys)
        // What can be asked for a chat can be asked for a message; see `MessagesDialect`.
        if endpoints.contains(.chatCompletions) { endpoints.insert(.messages) }
        return endpoints
    }

    /// What a family's provider speaks by itself.
    package func nativeEndpoints(of family: String) -> Set<Endpoint> {
        guard let family = families[family] else { return Target.passThroughEndpoints }
        return Set(family.nativePaths.keys)
    }

    func family(_ name: String) -> AdapterFamily? { families[name] }

    private static func files(in directory: String) throws(AdapterError) -> [String] {
        guard let stream = opendir(directory) else {
            throw AdapterError("the directory \(directory) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(suffix), name.utf8.count > suffix.utf8.count { names.append(name) }
        }
        return names
    }

    private static func read(_ path: String) throws(AdapterError) -> [UInt8] {
        guard let file = fopen(path, "r") else {
            throw AdapterError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: longest)
        let count = fread(&bytes, 1, longest, file)
        guard ferror(file) == 0 else {
            throw AdapterError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard count < longest else { throw AdapterError("\(path) is longer than \(longest) bytes") }
        return Array(bytes[..<count])
    }
}
