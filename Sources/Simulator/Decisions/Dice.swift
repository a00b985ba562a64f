/// Numbers that look random and depend on nothing but the bytes they were made from.
struct Dice: Sendable {
    /// What the numbers are made from: the hash of the bytes.
    let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    init(hashing bytes: some Sequence<UInt8>) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        seed = Self.mixed(hash)
    }

    /// Dice for one purpose: throws of different purposes are independent of each other.
    func dice(for purpose: Purpose, _ number: Int = 0) -> Dice {
        Dice(seed: Self.mixed(seed ^ (purpose.rawValue << 56) ^ UInt64(truncatingIfNeeded: number)))
    }

    /// The number below `bound` that comes at position `index`.
    func number(below bound: Int, at index: Int = 0) -> Int {
        bound <= 1 ? 0 : Int(word(at: index) % UInt64(bound))
    }

    /// A number from 0 to just below 1.
    func fraction(at index: Int = 0) -> Double {
        Double(word(at: index) >> 11) / 9_007_199_254_740_992
    }

    /// 16 hexadecimal digits.
    func hexadecimal(at index: Int = 0) -> String {
        let digits = String(word(at: index), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private func word(at index: Int) -> UInt64 {
        Self.mixed(seed &+ UInt64(truncatingIfNeeded: index + 1) &* 0x9e37_79b9_7f4a_7c15)
    }

    /// The finalizer of SplitMix64: FNV alone leaves the upper bits of short inputs too similar.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

extension Dice {
    /// What a throw decides.
    enum Purpose: UInt64 {
        case identity = 1, latency, fault, outputLength, words, toolCall, schema, cache, vector
    }
}
