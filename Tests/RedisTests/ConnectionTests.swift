import Redis
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
    @Test func blockingOnAnOwnConnectionLeavesTheSharedOneFree() async throws {
        try await withServer { _, client in
            try await client.withDedicatedConnection { connection in
                async let popped = connection.send("BLPOP", "queue", 0, timeout: .seconds(50))
                try await waitForClients(client) { $0.contains("cmd=blpop") }
                for number in 0..<100 { #expect(try await client.send("ECHO", number).int64 == Int64(number)) }
                _ = try await client.send("RPUSH", "queue", "job")
                #expect(try await popped.array?.map(\.string) == ["queue", "job"])
            }
        }
    }

    @Test func anOwnConnectionIsClosedAfterItsScope() async throws {
        try await withServer { _, client in
            let kept = try await client.withDedicatedConnection { connection in
                _ = try await connection.send("CLIENT", "SETNAME", "own")
                return connection
            }
            #expect(await redisError { _ = try await kept.send("PING") }?.code == .closed)
            try await waitForClients(client) { !$0.contains("name=own") }
        }
    }

    @Test func anOwnConnectionHasItsOwnTimeout() async throws {
        try await withServer { _, client in
            let connection = try await client.makeConnection()
            let error = await redisError { _ = try await connection.send("BLPOP", "q", 0, timeout: .seconds(1)) }
            #expect(error?.code == .timeout)
            #expect(error?.mayHaveRun == true)
            #expect(try await client.send("PING") == .status("PONG"))
        }
    }

    @Test func pipelinesOnAnOwnConnection() async throws {
        try await withServer { _, client in
            try await client.withDedicatedConnection { connection in
                let replies = try await connection.pipeline([
                    RedisCommand("MULTI"), RedisCommand("INCR", "n"), RedisCommand("EXEC"),
                ])
                #expect(replies == [.status("OK"), .status("QUEUED"), .array([.integer(1)])])
            }
        }
    }

    @Test func userAndPassword() async throws {
        let acl = ["--user", "default", "off", "--user", "app", "on", ">s3cret", "~*", "+@all"]
        try await RedisServer.with(arguments: acl) { server in
            var configuration = try RedisConfiguration(url: "redis://app:s3cret@127.0.0.1:\(server.port)")
            try await withClient(configuration) { client in
                let user = try await client.send("ACL", "WHOAMI").string
                #expect(user == "app")
            }
            configuration.password = "wrong"
            try await withClient(configuration) { client in
                let error = await redisError { _ = try await client.send("PING") }
                #expect(error?.code == .authenticationFailed)
                #expect(error?.serverError?.prefix == "WRONGPASS")
                #expect(error?.mayHaveRun == false)
            }
            try await withClient(RedisConfiguration(url: server.url)) { client in
                let error = await redisError { _ = try await client.makeConnection() }
                #expect(error?.serverError?.prefix == "NOAUTH")
            }
        }
    }

    @Test func passwordOfTheDefaultUser() async throws {
        try await RedisServer.with(arguments: ["--requirepass", "pa ss"]) { server in
            let configuration = try RedisConfiguration(url: "redis://:pa%20ss@127.0.0.1:\(server.port)")
            try await withClient(configuration) { client in
                let user = try await client.send("ACL", "WHOAMI").string
                #expect(user == "default")
            }
        }
    }
}
