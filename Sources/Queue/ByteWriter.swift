/// Writes numbers as `struct` of the scripts reads them: whole ones with the highest byte first, doubles with the lowest.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    /// The lowest `count` bytes of a number; what is below 0 counts as 0, what does not fit as the most that fits.
    mutating func integer(_ number: Int64, bytes count: Int) {
        let most = (Int64(1) << Int64(count * 8)) - 1
        let number = min(max(0, number), most)
        for shift in stride(from: count * 8 - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> Int64(shift)))
        }
    }

    mutating func double(_ number: some BinaryInteger) {
        withUnsafeBytes(of: Double(number).bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func small(_ number: Int) {
        bytes.append(UInt8(truncatingIfNeeded: number))
        bytes.append(UInt8(truncatingIfNeeded: number >> 8))
    }

    /// The length in two bytes, lowest first, then the text.
    mutating func text(_ text: String) {
        small(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func raw(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }
}

/// Reads what is packed; whole numbers with the highest byte first.
struct ByteReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func bytes(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, rest.count >= count else { throw CorruptEntry() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func integer(_ count: Int) throws -> Int64 {
        try bytes(count).reduce(0) { $0 << 8 | Int64($1) }
    }

    mutating func text(_ count: Int) throws -> String { String(decoding: try bytes(count), as: UTF8.self) }
}
