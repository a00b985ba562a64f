import NIOCore
import Testing

@testable import Redis

@Suite struct CodecTests {
    private func text(_ command: RedisCommand) -> String { String(buffer: command.frame) }

    @Test func encodesMixedArguments() {
        let command = RedisCommand("HSET", "key", 7, Int64(-3), [UInt8]([0, 255]), "ä", "")
        var expected = ByteBuffer(string: "*7\r\n$4\r\nHSET\r\n$3\r\nkey\r\n$1\r\n7\r\n$2\r\n-3\r\n$2\r\n")
        expected.writeBytes([0, 255])
        expected.writeString("\r\n$2\r\nä\r\n$0\r\n\r\n")
        #expect(command.frame == expected)
        #expect(command.description == "HSET")
    }

    @Test func encodesOtherArgumentTypes() {
        let bytes: [UInt8] = [97, 98, 99]
        let command = RedisCommand("X", "abc".dropFirst(), bytes[1...], ByteBuffer(string: "b"), UInt64.max, 0.5)
        let expected =
            "*6\r\n$1\r\nX\r\n$2\r\nbc\r\n$2\r\nbc\r\n$1\r\nb\r\n$20\r\n18446744073709551615\r\n$3\r\n0.5\r\n"
        #expect(text(command) == expected)
    }

    @Test(arguments: [
        ("+OK\r\n", RedisValue.status("OK")),
        (":-42\r\n", .integer(-42)),
        ("$3\r\na\r\n\r\n", .string([97, 13, 10])),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("*0\r\n", .array([])),
        ("-OOM command not allowed\r\n", .error(RedisServerError(prefix: "OOM", message: "command not allowed"))),
        ("*3\r\n:1\r\n$-1\r\n*1\r\n+x\r\n", .array([.integer(1), .null, .array([.status("x")])])),
        ("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", .array([.array([.array([.array([.array([.integer(1)])])])])])),
    ])
    func readsReplies(_ bytes: String, _ expected: RedisValue) throws {
        let whole = try ReplyReader()
        try whole.feed(ByteBuffer(string: bytes))
        #expect(try whole.next() == expected)
        #expect(try whole.next() == nil)

        let bytewise = try ReplyReader()
        for byte in bytes.utf8.dropLast() {
            try bytewise.feed(ByteBuffer(bytes: [byte]))
            #expect(try bytewise.next() == nil)
        }
        try bytewise.feed(ByteBuffer(string: "\n"))
        #expect(try bytewise.next() == expected)
    }

    @Test(arguments: ["hello\r\n", ":12x\r\n", "$9999999999999999999\r\n", String(repeating: "*1\r\n", count: 20)])
    func refusesWhatIsNoReply(_ bytes: String) throws {
        let reader = try ReplyReader()
        try reader.feed(ByteBuffer(string: bytes))
        #expect(throws: ReplyReader.Failure.self) { _ = try reader.next() }
    }

    @Test func accessors() {
        #expect(RedisValue.string(Array("12".utf8)).int64 == 12)
        #expect(RedisValue.string([0xff]).string == nil)
        #expect(RedisValue.string([0xff]).bytes == [0xff])
        #expect(RedisValue.status("OK").string == "OK")
        #expect(RedisValue.integer(1).string == nil)
        #expect(RedisValue.null.array == nil)
        #expect(RedisValue.null.isNull)
    }

    @Test func coalescesSmallFramesAndKeepsLargeOnesApart() {
        let small = ByteBuffer(string: "a")
        let large = ByteBuffer(repeating: 1, count: 20_000)
        let joined = RedisChannelHandler.coalesce([small, small, large, small])
        #expect(joined.map(\.readableBytes) == [2, 20_000, 1])
        #expect(RedisChannelHandler.coalesce([]).isEmpty)
    }

    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
    ])
    func knownDigests(_ text: String, _ digest: String) {
        #expect(SHA1.hexDigest(of: text.utf8) == digest)
    }

    @Test func pushMessages() {
        let message = RedisValue.array([.string(Array("message".utf8)), .string(Array("c".utf8)), .string([0, 1])])
        #expect(PushMessage(message) == .message(channel: "c", payload: [0, 1]))
        #expect(PushMessage(.array([.string(Array("pong".utf8)), .string([])])) == .pong)
        #expect(PushMessage(.integer(1)) == nil)
        #expect(PushMessage(.array([.string(Array("message".utf8)), .string([])])) == nil)
    }
}
