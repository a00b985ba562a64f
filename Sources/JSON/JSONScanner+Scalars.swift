/// Numbers, checked as text only, and the three literals.
extension JSONScanner {
    /// Goes on inside a number. It ends before the first byte that cannot belong to it; that byte is not taken.
    mutating func scanNumber(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
        var index = start
        while index < bytes.count {
            if state.mayRepeatDigits, ASCII.isDigit(bytes[index]) {
                index &+= 1
                continue
            }
            guard let next = state.after(numberByte: bytes[index]) else {
                guard state.isCompleteNumber else { throw JSONError(.invalidNumber, at: consumed &+ index) }
                endNumber(at: consumed &+ index)
                return index
            }
            state = next
            index &+= 1
        }
        return index
    }

    mutating func endNumber(at offset: Int) {
        appendScalar(state == .zero || state == .integer ? .integer : .decimal, end: offset)
        state = afterValue
    }

    /// After the first letter of a literal.
    mutating func beginLiteral(_ tag: JSONTapeEntry.Tag) {
        literalTag = tag
        state = .literal
        literalRest =
            switch tag {
            case .true: 0x65_75_72  // "rue", last letter first
            case .false: 0x65_73_6C_61  // "alse"
            default: 0x6C_6C_75  // "ull"
            }
    }

    mutating func scanLiteral(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
        var index = start
        while index < bytes.count, literalRest != 0 {
            guard bytes[index] == UInt8(truncatingIfNeeded: literalRest) else {
                throw JSONError(.invalidLiteral, at: consumed &+ index)
            }
            literalRest >>= 8
            index &+= 1
        }
        if literalRest == 0 {
            appendScalar(literalTag, end: consumed &+ index)
            state = afterValue
        }
        return index
    }
}

extension JSONScanner.State {
    /// Whether a number may end here.
    var isCompleteNumber: Bool {
        self == .zero || mayRepeatDigits
    }

    /// Whether a digit leaves the state as it is.
    @inline(__always)
    var mayRepeatDigits: Bool { self == .integer || self == .fraction || self == .exponent }

    /// The state after one more byte of a number, or nil if that byte cannot go on with it.
    @inline(__always)
    func after(numberByte byte: UInt8) -> Self? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): afterDigit(isZero: byte == UInt8(ascii: "0"))
        case UInt8(ascii: "."): self == .zero || self == .integer ? .point : nil
        case UInt8(ascii: "e"), UInt8(ascii: "E"): isCompleteNumber && self != .exponent ? .exponentMark : nil
        case UInt8(ascii: "+"), UInt8(ascii: "-"): self == .exponentMark ? .exponentSign : nil
        default: nil
        }
    }

    @inline(__always)
    private func afterDigit(isZero: Bool) -> Self? {
        switch self {
        case .minus: isZero ? .zero : .integer
        case .integer: .integer
        case .point, .fraction: .fraction
        case .exponentMark, .exponentSign, .exponent: .exponent
        default: nil
        }
    }
}
