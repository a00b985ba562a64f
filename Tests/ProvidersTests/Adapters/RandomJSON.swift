/// Random JSON texts of every spelling: whitespace, escapes, long numbers, repeated keys.
struct RandomJSON {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func object(depth: Int = 3, repeatsKeys: Bool = true) -> String {
        let keys = (0..<below(5)).map {
            repeatsKeys ? #""\#(["a", "b", "\u{e9}", "model"][below(4)])""# : #""k\#($0)""#
        }
        let members = keys.map { key in
            "\(space())\(key)\(space()):\(space())\(value(depth: depth - 1, repeatsKeys: repeatsKeys))\(space())"
        }
        return "{\(members.isEmpty ? space() : members.joined(separator: ","))}"
    }

    private mutating func value(depth: Int, repeatsKeys: Bool) -> String {
        switch below(depth > 0 ? 8 : 5) {
        case 0: return ["true", "false", "null"][below(3)]
        case 1, 2: return number()
        case 3, 4: return string()
        case 5:
            return
                "[\((0..<below(4)).map { _ in value(depth: depth - 1, repeatsKeys: repeatsKeys) }.joined(separator: ", "))]"
        default: return object(depth: depth, repeatsKeys: repeatsKeys)
        }
    }

    mutating func number() -> String {
        let digits = { (random: inout RandomJSON, count: Int) in
            (0..<count).map { _ in "\(random.below(10))" }.joined()
        }
        let sign = below(3) == 0 ? "-" : ""
        switch below(6) {
        case 0: return sign + "0"
        case 1: return sign + "\(1 + below(9))" + digits(&self, below(30))
        case 2: return sign + "\(below(10))." + digits(&self, 1 + below(20))
        case 3: return sign + "\(below(10)).\(below(10))\(["e", "E"][below(2)])\(["", "+", "-"][below(3)])\(below(400))"
        case 4: return sign + "\(1 + below(1_000_000)).0"
        default: return sign + "\(1 + below(999_999))"
        }
    }

    private mutating func string() -> String {
        let pieces = [
            "text", " ", #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\u00e9"#, "é", "日本", "👩‍👩‍👧", #"\ud83d\ude00"#, #"\u0000"#,
            #"\u2028"#, "\u{2028}", "\u{7f}", "e\u{301}", "penstock-opaque-0-0", "<>&",
        ]
        return "\"\((0..<below(6)).map { _ in pieces[below(pieces.count)] }.joined())\""
    }

    private mutating func space() -> String { ["", "", "", " ", "\n  ", "\t", "\r\n"][below(7)] }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
