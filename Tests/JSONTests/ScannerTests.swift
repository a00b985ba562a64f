import JSON
import Testing

struct ScannerTests {
    @Test(
        arguments: [
            ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3),
            ("{\"a\":\"b", .unexpectedEnd, 7),
            ("tru", .unexpectedEnd, 3), ("-", .unexpectedEnd, 1), ("1.", .unexpectedEnd, 2),
            ("\"\\ud83d", .unexpectedEnd, 7),
            ("[1,]", .unexpectedByte, 3), ("{\"a\" 1}", .unexpectedByte, 5), ("{\"a\":1,}", .unexpectedByte, 7),
            ("[1}", .unexpectedByte, 2), ("{]", .unexpectedByte, 1), ("\u{FEFF}{}", .unexpectedByte, 0),
            ("+1", .unexpectedByte, 0),
            ("{} x", .trailingBytes, 3), ("1 2", .trailingBytes, 2), ("01", .trailingBytes, 1),
            ("[01]", .unexpectedByte, 2),
            ("[1.]", .invalidNumber, 3),
            ("[-]", .invalidNumber, 2), ("1e+]", .invalidNumber, 3), ("nul1", .invalidLiteral, 3),
            ("[trux]", .invalidLiteral, 4),
            ("\"\\x\"", .invalidEscape, 2), ("\"\\u12g4\"", .invalidEscape, 5), ("\"\\ude00\"", .loneSurrogate, 6),
            ("\"\\ud83dx\"", .loneSurrogate, 7), ("\"\\ud83d\\n\"", .loneSurrogate, 8),
            ("\"\\ud83d\\ud83d\"", .loneSurrogate, 12),
            ("\"a\nb\"", .controlCharacter, 2), ("\"\u{0}\"", .controlCharacter, 1), ("\u{0}", .unexpectedByte, 0),
        ] as [(String, JSONError.Code, Int)]
    )
    func errorsNameTheFirstBadByte(input: String, code: JSONError.Code, offset: Int) throws {
        let bytes = Array(input.utf8)
        let error = try #require(verdict([bytes[...]]))
        #expect(error.code == code)
        #expect(error.offset == offset)
        for split in 0...bytes.count { #expect(verdict([bytes[..<split], bytes[split...]]) == error) }
    }

    @Test func numbersMustBeWhole() {
        for good in ["0", "-0", "0.0", "10", "1e5", "1E-5", "0e+0", "-1.25e+10"] { #expect(verdict(good) == nil) }
        for bad in ["-01", "1.e1", ".5", "1e", "0x1", "1_0", "--1", "1..2", "1e1.5", "1e1e1", "Infinity", "NaN", "1-2"]
        {
            #expect(verdict(bad) != nil, "\(bad)")
        }
    }

    @Test(
        arguments: [
            ([0x80], 1), ([0xC0, 0xAF], 1), ([0xC1, 0xBF], 1), ([0xE0, 0x9F, 0xBF], 2), ([0xED, 0xA0, 0x80], 2),
            ([0xF0, 0x8F, 0xBF, 0xBF], 2), ([0xF4, 0x90, 0x80, 0x80], 2), ([0xF5, 0x80, 0x80, 0x80], 1), ([0xFF], 1),
            ([0xC3], 2), ([0xE6, 0x97], 3), ([0xF0, 0x9F, 0x99], 4), ([0xE6, 0x41, 0x41], 2),
        ] as [([UInt8], Int)]
    )
    func illFormedUTF8IsRefused(sequence: [UInt8], offset: Int) {
        let bytes = [UInt8(ascii: "\"")] + sequence + [UInt8(ascii: "\"")]
        for split in 0...bytes.count {
            let error = verdict([bytes[..<split], bytes[split...]])
            #expect(error?.code == .invalidUTF8)
            #expect(error?.offset == offset)
        }
    }

    @Test func boundariesOfUTF8AreAccepted() throws {
        for value: UInt32 in [0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF] {
            let scalar = String(try #require(Unicode.Scalar(value)))
            #expect(try JSONDocument("\"\(scalar)\"").root.string == scalar)
        }
    }

    /// Every byte at every place of the eight that are looked at together.
    @Test func specialBytesAreFoundAtEveryPlace() {
        for place in 0..<24 {
            for byte in UInt8.min...UInt8.max {
                var content = [UInt8](repeating: UInt8(ascii: "x"), count: 24)
                content[place] = byte
                let error = verdict([([UInt8(ascii: "\"")] + content + [UInt8(ascii: "\"")])[...]])
                let isPlain = byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
                #expect((error == nil) == isPlain, "byte \(byte) at \(place)")
            }
        }
    }

    @Test func depthLimitIsExact() {
        #expect(verdict(nested(64)) == nil)
        let error = verdict(nested(65))
        #expect(error?.code == .tooDeep)
        #expect(error?.offset == 64)
        #expect(verdict(nested(3), limits: JSONLimits(maxDepth: 2))?.code == .tooDeep)
        #expect(verdict("1", limits: JSONLimits(maxDepth: 0)) == nil)
        #expect(verdict("[\(nested(63)),\(nested(63))]") == nil)
        let objects = String(repeating: "{\"a\":", count: 65) + "1" + String(repeating: "}", count: 65)
        #expect(verdict(objects)?.code == .tooDeep)
    }

    @Test func byteLimitIsExactForEveryChunking() {
        let bytes = Array("[1,2,3]  ".utf8)
        #expect(verdict([bytes[...]], limits: JSONLimits(maxBytes: 9)) == nil)
        for split in 0...bytes.count {
            let error = verdict([bytes[..<split], bytes[split...]], limits: JSONLimits(maxBytes: 8))
            #expect(error?.code == .tooLarge)
            #expect(error?.offset == 8)
        }
        #expect(verdict("[x,2,3]  ", limits: JSONLimits(maxBytes: 8))?.code == .unexpectedByte)
    }

    @Test func failureIsFinal() throws {
        var scanner = JSONScanner()
        let error = try #require(throws: JSONError.self) { try scanner.consume(Array("[x".utf8)) }
        #expect(throws: error) { try scanner.consume(Array("]".utf8)) }
        #expect(throws: error) { try scanner.finish() }
    }

    @Test func everyKindOfChunkIsTaken() throws {
        var scanner = JSONScanner()
        try scanner.consume([UInt8(ascii: "[")])
        try scanner.consume(Array("x1,".utf8)[1...])
        try Array("2]".utf8).withUnsafeBufferPointer { try scanner.consume($0) }
        try scanner.finish()
        #expect(throws: JSONError.self) { try scanner.consume(Array("3".utf8)) }
    }

    @Test func messagesDoNotCarryInput() throws {
        let error = try #require(verdict("{\"password\": hunter2}"))
        #expect(error.description == "unexpected byte at byte 13")
        #expect("\(error.code)" == "unexpectedByte")
    }
}
