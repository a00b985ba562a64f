import TestSupport
import Testing

@testable import Redis

@Suite(.timeLimit(.minutes(1))) struct CommandTests {
    @Test func tenThousandConcurrentCommandsGetTheirOwnReplies() async throws {
        try await withServer { _, client in
            let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<10_000 {
                    group.addTask { try await client.send("ECHO", number).string != "\(number)" }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(wrong == 0)
            #expect(client.statistics == RedisStatistics(commands: 10_000, errors: 0, reconnects: 0))
            let clients = try await client.send("CLIENT", "LIST").string ?? ""
            #expect(clients.split(separator: "\n").count == 1)
        }
    }

    @Test func commandsOfOneTaskKeepTheirOrder() async throws {
        try await withServer { _, client in
            let commands = (0..<1_000).map { RedisCommand("RPUSH", "list", $0) }
            let lengths = try await client.pipeline(commands)
            #expect(lengths == (1...1_000).map { .integer($0) })
            let list = try await client.send("LRANGE", "list", 0, -1)
            #expect(list.array?.map(\.int64) == (0..<1_000).map { Int64($0) })
        }
    }

    @Test func pipelineLeavesErrorsInPlaceAndSendThrowsThem() async throws {
        try await withServer { _, client in
            let replies = try await client.pipeline([
                RedisCommand("SET", "k", "text"), RedisCommand("INCR", "k"), RedisCommand("GET", "k"),
            ])
            #expect(replies[0] == .status("OK"))
            #expect(replies[1].error?.prefix == "ERR")
            #expect(replies[2].string == "text")
            #expect(try await client.pipeline([]).isEmpty)
            let error = await redisError { _ = try await client.send("LPUSH", "k", 1) }
            #expect(error?.code == .server)
            #expect(error?.serverError?.prefix == "WRONGTYPE")
            #expect(client.statistics.errors == 2)
        }
    }

    @Test func largeAndBinaryValuesComeBackUnchanged() async throws {
        try await withServer { _, client in
            let everyByte = (0...255).map { UInt8($0) } + Array("\r\n$5\r\n".utf8)
            var large = [UInt8](repeating: 0, count: 5 << 20)
            for index in large.indices { large[index] = UInt8(truncatingIfNeeded: index &* 31 ^ index >> 9) }
            _ = try await client.send("SET", everyByte, everyByte)
            _ = try await client.send("SET", "large", large)
            #expect(try await client.send("GET", everyByte).bytes == everyByte)
            #expect(try await client.send("GET", "large").bytes == large)
            let several = try await client.pipeline([
                RedisCommand("GET", "large"), RedisCommand("STRLEN", "large"), RedisCommand("GET", "large"),
            ])
            #expect(several == [.string(large), .integer(Int64(large.count)), .string(large)])
        }
    }

    @Test func scriptsAreLoadedWhenTheServerLacksThem() async throws {
        let script = RedisScript(name: "join", source: "return {KEYS[1], ARGV[1], tonumber(ARGV[2]) + 1, false}")
        try await withServer { _, client in
            let expected = RedisValue.array([.string([107]), .string([0, 1]), .integer(42), .null])
            let arguments: [any RedisArgument] = [[UInt8]([0, 1]), 41]
            #expect(try await client.evaluate(script, keys: ["k"], arguments: arguments) == expected)
            #expect(try await client.send("SCRIPT", "EXISTS", script.sha1).array == [.integer(1)])
            _ = try await client.send("SCRIPT", "FLUSH")
            #expect(try await client.evaluate(script, keys: ["k"], arguments: arguments) == expected)
        }
    }

    @Test(arguments: [0, 1, 54, 55, 56, 63, 64, 65, 1_000])
    func scriptHashesAgreeWithTheServer(_ padding: Int) async throws {
        try await withServer { _, client in
            let script = RedisScript(name: "s", source: "return 1 --ä" + String(repeating: "x", count: padding))
            let hash = try await client.send("SCRIPT", "LOAD", script.source).string
            #expect(hash == script.sha1)
        }
    }

    @Test func errorsOfScriptsAreTyped() async throws {
        try await withServer(arguments: ["--maxmemory", "1mb", "--maxmemory-policy", "noeviction"]) { _, client in
            let script = RedisScript(name: "custom", source: "return redis.error_reply('FENCED lease is gone')")
            let error = await redisError { _ = try await client.evaluate(script, keys: []) }
            #expect(error?.serverError == RedisServerError(prefix: "FENCED", message: "lease is gone"))
            let full = await redisError {
                for number in 0..<100 {
                    _ = try await client.send("SET", "k\(number)", [UInt8](repeating: 0, count: 50_000))
                }
            }
            #expect(full?.serverError?.prefix == "OOM")
        }
    }

    @Test func databaseAndNameAreSet() async throws {
        try await withServer { server, client in
            _ = try await client.send("SET", "where", "zero")
            var other = try RedisConfiguration(url: "\(server.url)/7")
            other.clientName = "penstock-test"
            try await withClient(other) { client in
                let replies = try await client.pipeline([
                    RedisCommand("GET", "where"), RedisCommand("CLIENT", "GETNAME"),
                ])
                #expect(replies.map(\.string) == [nil, "penstock-test"])
            }
            let missing = try RedisConfiguration(url: "\(server.url)/16")
            try await withClient(missing) { client in
                let error = await redisError { _ = try await client.makeConnection() }
                #expect(error?.code == .connectFailed)
                #expect(error?.serverError?.prefix == "ERR")
            }
        }
    }
}
