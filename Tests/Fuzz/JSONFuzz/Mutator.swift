import JSON

/// Turns seeds into inputs that are nearly JSON, or JSON of an unusual shape.
package struct Mutator: Sendable {
    private let seeds: [[UInt8]]

    /// The valid ones among the seeds.
    private let documents: [JSONDocument]

    /// Fragments on which parsers have disagreed or failed.
    private static let fragments: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\ude00", "\\ud83d\\ude00", "\\n", "\\/",
            "-", "0", "1", ".", "e", "E+", "1e400", "-1e-400", "00", "99999999999999999999", "true", "false", "null",
            " ", "\n", "\r\n", "\t", "\u{0}", "\u{7F}", "\u{2028}", "é", "日", "🙂", "\u{FEFF}", "\"k\":1", "[[[[[[[[",
        ].map { Array($0.utf8) } + [
            [0x80], [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x9F],
            [0xFF],
        ]

    /// - Parameter seeds: at least one.
    package init(seeds: [[UInt8]]) {
        precondition(!seeds.isEmpty, "nothing to mutate")
        self.seeds = seeds
        documents = seeds.compactMap { try? JSONDocument(parsing: $0) }
    }

    /// One input: a seed after one to four mutations, or with values of other seeds in it, or both.
    package func next(using random: inout SplitMix64) -> [UInt8] {
        var bytes = seeds[Int.random(in: seeds.indices, using: &random)]
        if Bool.random(using: &random) {
            bytes = transplanted(using: &random) ?? bytes
            if Bool.random(using: &random) { return bytes }
        }
        for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, using: &random) }
        return bytes
    }

    /// Valid JSON: a few values of one document exchanged for values of others.
    private func transplanted(using random: inout SplitMix64) -> [UInt8]? {
        guard var document = documents.randomElement(using: &random) else { return nil }
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard let donor = documents.randomElement(using: &random) else { return nil }
            let place = value(in: document, using: &random)
            let bytes = document.replacing(place, with: Array(value(in: donor, using: &random).rawBytes))
            guard let next = try? JSONDocument(parsing: bytes) else { return bytes }
            document = next
        }
        return document.bytes
    }

    /// A value somewhere in a document, found by a random walk from the root.
    private func value(in document: JSONDocument, using random: inout SplitMix64) -> JSONValue {
        var value = document.root
        while Int.random(in: 0..<4, using: &random) > 0 {
            let children = value.kind == .object ? value.members.map(\.value) : Array(value.elements)
            guard let child = children.randomElement(using: &random) else { return value }
            value = child
        }
        return value
    }

    private func mutate(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 0...8, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes.insert(contentsOf: Self.fragments.randomElement(using: &random) ?? [], at: place)
        case 1: bytes.replaceSubrange(place..<end, with: Self.fragments.randomElement(using: &random) ?? [])
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 4 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        default: embed(at: place, in: &bytes, using: &random)
        }
    }

    /// Puts another whole seed inside, which often gives valid nested values.
    private func embed(at place: Int, in bytes: inout [UInt8], using random: inout SplitMix64) {
        guard bytes.count < 4096 else { return }
        bytes.insert(contentsOf: seeds[Int.random(in: seeds.indices, using: &random)], at: place)
    }
}
