/// Base 64 with padding: official clients ask for embeddings in it unless told otherwise.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(of bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = (0..<3).reduce(UInt32(0)) { ($0 << 8) | UInt32($1 < group.count ? group[start + $1] : 0) }
            for sextet in 0...3 {
                let index = Int((bits >> (18 - 6 * UInt32(sextet))) & 63)
                text.append(sextet <= group.count ? alphabet[index] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
