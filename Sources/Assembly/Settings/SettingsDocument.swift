import Yams

/// A YAML mapping with its place in the settings, for errors that name it. Every key must be asked for or refused.
struct SettingsSection {
    let path: String
    private let entries: [(key: String, node: Node)]

    /// - Throws: when the node is not a mapping, or has a key twice or one that is no text.
    init(_ node: Node?, path: String) throws(SettingsError) {
        self.path = path
        guard let node, !Self.isNull(node) else {
            entries = []
            return
        }
        guard case .mapping(let mapping) = node else {
            throw SettingsError("setting `\(path)` must be a mapping of names to values")
        }
        var entries: [(key: String, node: Node)] = []
        for (key, value) in mapping {
            guard let name = key.string else { throw SettingsError("a key below `\(path)` is not a text") }
            guard !entries.contains(where: { $0.key == name }) else {
                throw SettingsError("setting `\(Self.join(path, name))` stands twice")
            }
            entries.append((name, value))
        }
        self.entries = entries
    }

    var keys: [String] { entries.map(\.key) }

    /// - Throws: `SettingsError` that names the first key that is not in `known`.
    func refuseUnknown(_ known: some Collection<String>) throws(SettingsError) {
        for key in keys where !known.contains(key) {
            throw .unknown(Self.join(path, key), known: known.map { Self.join(path, $0) })
        }
    }

    /// - Returns: the scalar's text; nil when it is absent or null.
    func scalar(_ key: String) throws(SettingsError) -> String? {
        guard let node = node(key), !Self.isNull(node) else { return nil }
        guard case .scalar(let scalar) = node else {
            throw SettingsError("setting `\(Self.join(path, key))` must be a single value")
        }
        return scalar.string
    }

    /// - Returns: the texts of a list; empty when it is absent.
    func list(_ key: String) throws(SettingsError) -> [String] {
        guard let node = node(key), !Self.isNull(node) else { return [] }
        guard case .sequence(let sequence) = node else {
            throw SettingsError("setting `\(Self.join(path, key))` must be a list")
        }
        var texts: [String] = []
        for item in sequence {
            guard let text = item.string else {
                throw SettingsError("setting `\(Self.join(path, key))` must be a list of texts")
            }
            texts.append(text)
        }
        return texts
    }

    func section(_ key: String) throws(SettingsError) -> SettingsSection {
        try SettingsSection(node(key), path: Self.join(path, key))
    }

    func has(_ key: String) -> Bool { node(key).map { !Self.isNull($0) } ?? false }

    func error(_ key: String, _ text: String) -> SettingsError {
        SettingsError("setting `\(Self.join(path, key))` \(text)")
    }

    private func node(_ key: String) -> Node? { entries.first { $0.key == key }?.node }

    private static func isNull(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }

    private static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}

extension SettingsSection {
    /// The whole file.
    init(yaml: String) throws(SettingsError) {
        let node: Node?
        do {
            node = try Yams.compose(yaml: yaml)
        } catch {
            throw SettingsError("the settings file is not valid YAML: \(error)")
        }
        try self.init(node, path: "")
    }
}
