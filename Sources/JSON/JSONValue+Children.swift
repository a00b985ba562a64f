/// The members of an object in document order, duplicates included.
package struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    private let storage: JSONStorage
    private var index: Int
    private let end: Int

    init(of value: JSONValue) {
        storage = value.storage
        index = value.index + 1
        end = value.entry.tag == .object ? Int(value.entry.next) : index
    }

    /// The next key, unescaped, and its value.
    package mutating func next() -> (key: String, value: JSONValue)? {
        nextPair().map { (key: $0.key.text, value: $0.value) }
    }

    /// The next member with its key as a view, which costs no allocation.
    mutating func nextPair() -> (key: JSONValue, value: JSONValue)? {
        guard index < end else { return nil }
        let key = JSONValue(storage: storage, index: index)
        let value = JSONValue(storage: storage, index: index + 1)
        index = Int(value.entry.next)
        return (key, value)
    }
}

/// The elements of an array in order.
package struct JSONElements: Sequence, IteratorProtocol, Sendable {
    private let storage: JSONStorage
    private var index: Int
    private let end: Int

    init(of value: JSONValue) {
        storage = value.storage
        index = value.index + 1
        end = value.entry.tag == .array ? Int(value.entry.next) : index
    }

    /// The next element.
    package mutating func next() -> JSONValue? {
        guard index < end else { return nil }
        let value = JSONValue(storage: storage, index: index)
        index = Int(value.entry.next)
        return value
    }
}

extension JSONValue {
    /// The members of an object in document order; empty for every other kind.
    package var members: JSONMembers { JSONMembers(of: self) }

    /// The elements of an array in order; empty for every other kind.
    package var elements: JSONElements { JSONElements(of: self) }

    /// How many members or elements there are; 0 for scalars. Takes time linear in the result.
    package var count: Int {
        var count = 0
        if entry.tag == .object {
            var members = self.members
            while members.nextPair() != nil { count += 1 }
        } else {
            for _ in elements { count += 1 }
        }
        return count
    }

    /// The value of the first member with this key, compared unescaped and byte by byte; nil if there is none.
    package subscript(key: String) -> JSONValue? {
        var members = self.members
        while let (name, value) = members.nextPair() {
            if name.isText(key) { return value }
        }
        return nil
    }

    /// Follows keys through nested objects, for example `path("usage", "prompt_tokens")`.
    package func path(_ keys: String...) -> JSONValue? {
        var value = self
        for key in keys {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value
    }

    /// Whether this string or key is `text`. Not `String ==`, which calls canonically equivalent texts equal.
    func isText(_ text: String) -> Bool {
        if entry.tag == .escapedString { return unescapedBytes.elementsEqual(text.utf8) }
        let content = entry.content
        guard content.count == text.utf8.count else { return false }
        return storage.bytes[content].elementsEqual(text.utf8)
    }
}
