extension JSONValue {
    /// Up to this many members comparing all pairs is cheaper than a hash table, which allocates.
    private static var pairwiseLimit: Int { 16 }

    /// The first key of this object that repeats an earlier one, compared unescaped and byte by byte; nil if there is
    /// none. Nested objects are not looked at. Takes linear time.
    package var duplicateKey: String? {
        guard entry.tag == .object else { return nil }
        let keys = keyIndices
        let duplicate = keys.count <= Self.pairwiseLimit ? duplicateByPairs(keys) : duplicateByHash(keys)
        return duplicate.map { JSONValue(storage: storage, index: $0).text }
    }

    /// The tape indices of an object's keys.
    private var keyIndices: [Int] {
        var indices: [Int] = []
        indices.reserveCapacity(Self.pairwiseLimit)
        let end = Int(entry.next)
        var index = self.index + 1
        while index < end {
            indices.append(index)
            index = Int(storage.tape[index + 1].next)
        }
        return indices
    }

    private func duplicateByPairs(_ keys: [Int]) -> Int? {
        for (position, key) in keys.enumerated()
        where keys[..<position].contains(where: { storage.isSameText($0, key) }) {
            return key
        }
        return nil
    }

    private func duplicateByHash(_ keys: [Int]) -> Int? {
        var seen = Set<KeyBytes>(minimumCapacity: keys.count)
        return keys.first { key in
            let text = JSONValue(storage: storage, index: key).unescapedBytes
            return !seen.insert(KeyBytes(text: text)).inserted
        }
    }
}

extension JSONStorage {
    /// Whether two strings of the tape are equal once unescaped.
    fileprivate func isSameText(_ first: Int, _ second: Int) -> Bool {
        let (one, other) = (tape[first], tape[second])
        if one.tag == .string, other.tag == .string {
            return one.content.count == other.content.count && bytes[one.content] == bytes[other.content]
        }
        return JSONValue(storage: self, index: first).unescapedBytes
            == JSONValue(storage: self, index: second).unescapedBytes
    }
}

/// A key by its UTF-8 bytes, hashed in one go. The standard hash is seeded per process: no one can make keys collide.
private struct KeyBytes: Hashable {
    let text: ArraySlice<UInt8>

    func hash(into hasher: inout Hasher) {
        text.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
