/// Edits return new bytes in which everything that was not asked for is byte-identical.
///
/// Replacements must be valid JSON; they are not checked.
extension JSONDocument {
    /// The text with one value's bytes exchanged.
    ///
    /// - Precondition: `value` is of this document.
    package func replacing(_ value: JSONValue, with replacement: [UInt8]) -> [UInt8] {
        precondition(value.storage === storage, "the value is of another document")
        return splicing([(value.range, replacement)])
    }

    /// The text with several values' bytes exchanged at once.
    ///
    /// - Precondition: the values are of this document, in its order, and none is inside another.
    package func replacing(_ replacements: [(value: JSONValue, bytes: [UInt8])]) -> [UInt8] {
        precondition(replacements.allSatisfy { $0.value.storage === storage }, "a value is of another document")
        return splicing(replacements.map { ($0.value.range, $0.bytes) })
    }

    /// The text without the root's member `key`: all of them if it is repeated, none if it is missing.
    ///
    /// The comma that the member needed goes with it, and the whitespace on the same side.
    ///
    /// - Throws: `notAnObject`.
    package func removingMember(_ key: String) throws(JSONError) -> [UInt8] {
        let members = try rootMembers()
        var edits: [(Range<Int>, [UInt8])] = []
        var keptBefore = false
        for (position, member) in members.enumerated() {
            guard member.key.isText(key) else {
                keptBefore = true
                continue
            }
            var cut = member.key.range.lowerBound..<member.value.range.upperBound
            if keptBefore {
                cut = members[position - 1].value.range.upperBound..<cut.upperBound
            } else if position + 1 < members.count {
                cut = cut.lowerBound..<members[position + 1].key.range.lowerBound
            }
            edits.append((cut, []))
        }
        return splicing(edits)
    }

    /// The text with the root's member `key` set to `value`: exchanged where it stands, else added as the last one.
    ///
    /// If the key is repeated, every one gets the value, so that no reader can see an old one.
    ///
    /// - Throws: `notAnObject`.
    package func settingMember(_ key: String, to value: [UInt8]) throws(JSONError) -> [UInt8] {
        let members = try rootMembers()
        let edits = members.filter { $0.key.isText(key) }.map { ($0.value.range, value) }
        guard edits.isEmpty else { return splicing(edits) }
        let place = members.last?.value.range.upperBound ?? root.range.lowerBound + 1
        var writer = JSONWriter()
        writer.string(key)
        let addition = (members.isEmpty ? [] : [ASCII.comma]) + writer.bytes + [ASCII.colon] + value
        return splicing([(place..<place, addition)])
    }

    private func rootMembers() throws(JSONError) -> [(key: JSONValue, value: JSONValue)] {
        guard root.kind == .object else { throw JSONError(.notAnObject, at: root.range.lowerBound) }
        var members = root.members
        var result: [(key: JSONValue, value: JSONValue)] = []
        while let member = members.nextPair() { result.append(member) }
        return result
    }

    /// Exchanges the given ranges, which are in order and do not overlap.
    private func splicing(_ edits: [(range: Range<Int>, replacement: [UInt8])]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + edits.reduce(0) { $0 + $1.replacement.count })
        var position = 0
        for edit in edits {
            result += bytes[position..<edit.range.lowerBound]
            result += edit.replacement
            position = edit.range.upperBound
        }
        result += bytes[position...]
        return result
    }
}
