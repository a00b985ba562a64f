import Redis
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct FailureTests {
    @Test func aStuckServerTimesOutAndTheClientRecovers() async throws {
        try await withServer { server, client in
            _ = try await client.send("PING")
            server.pause()
            async let patient = redisError { _ = try await client.send("INCR", "n", timeout: .seconds(50)) }
            while client.statistics.commands < 2 { await Task.yield() }
            let error = await redisError { _ = try await client.send("INCR", "n", timeout: .seconds(1)) }
            #expect(error?.code == .timeout)
            #expect(error?.mayHaveRun == true)
            let collateral = await patient
            #expect(collateral?.code == .disconnected)
            #expect(collateral?.mayHaveRun == true)
            server.resume()
            #expect(try await client.send("PING") == .status("PONG"))
            #expect(client.statistics.reconnects == 1)
        }
    }

    @Test func aKilledServerFailsWhatIsInFlight() async throws {
        try await withServer(arguments: ["--busy-reply-threshold", "50"]) { server, client in
            let observer = try await client.makeConnection()
            _ = try await client.send("PING")
            let slow = RedisScript(name: "slow", source: "redis.call('INCR', KEYS[1]) while true do end")
            async let failure = redisError { _ = try await client.evaluate(slow, keys: ["n"], timeout: .seconds(50)) }
            // BUSY proves that the script runs: the command is in flight and has taken effect.
            while await redisError({ _ = try await observer.send("GET", "n", timeout: .seconds(30)) }) == nil {}
            try await server.kill()
            let error = await failure
            #expect(error?.code == .disconnected)
            #expect(error?.mayHaveRun == true)
        }
    }

    @Test func commandsWaitForTheServerToComeBack() async throws {
        try await withServer { server, client in
            _ = try await client.send("SET", "k", 1)
            try await server.kill()
            async let reply = client.send("PING", timeout: .seconds(50))
            try await server.restart()
            // The command may have been written to the dying connection; then it says so, and is repeated here.
            let first: RedisValue
            do { first = try await reply } catch { first = try await client.send("PING", timeout: .seconds(50)) }
            #expect(first == .status("PONG"))
            #expect(client.isConnected)
            #expect(client.statistics.reconnects == 1)
        }
    }

    @Test func withoutServerCommandsTimeOutUnwritten() async throws {
        let port = try Loopback.freePort()
        try await withClient(RedisConfiguration(host: "127.0.0.1", port: Int(port))) { client in
            let error = await redisError { _ = try await client.send("PING", timeout: .milliseconds(300)) }
            #expect(error?.code == .timeout)
            #expect(error?.mayHaveRun == false)
            #expect(!client.isConnected)
            let direct = await redisError { _ = try await client.makeConnection() }
            #expect(direct?.code == .connectFailed)
        }
    }

    @Test func aServerThatAcceptsAndSaysNothingFailsTheAttempt() async throws {
        try await withServer(configure: { $0.connectTimeout = .milliseconds(200) }) { server, client in
            server.pause()
            let error = await redisError { _ = try await client.makeConnection() }
            #expect(error?.code == .connectFailed)
            server.resume()
        }
    }

    @Test func tooManyWaitingCommandsAreRefused() async throws {
        var configuration = RedisConfiguration(host: "127.0.0.1", port: Int(try Loopback.freePort()))
        configuration.maximumWaitingCommands = 5
        try await withClient(configuration) { client in
            var codes: [RedisError.Code?] = []
            await withTaskGroup(of: RedisError.Code?.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        await redisError { _ = try await client.send("PING", timeout: .seconds(50)) }?.code
                    }
                }
                for await code in group {
                    codes.append(code)
                    if codes.count == 15 { await client.shutdown() }
                }
            }
            #expect(codes == Array(repeating: .queueFull, count: 15) + Array(repeating: .closed, count: 5))
        }
    }

    @Test func aCancelledCallerReturnsAndItsReplyIsSkipped() async throws {
        try await withServer { server, client in
            _ = try await client.send("SET", "n", 0)
            server.pause()
            let task = Task { await redisError { _ = try await client.send("INCR", "n", timeout: .seconds(50)) } }
            async let echo = client.send("ECHO", "mine", timeout: .seconds(50))
            while client.statistics.commands < 3 { await Task.yield() }
            task.cancel()
            let error = await task.value
            #expect(error?.code == .cancelled)
            server.resume()
            #expect(try await echo.string == "mine")
            // Its own account of what happened is true: written and run, or neither.
            let count = try await client.send("GET", "n").int64
            #expect(count == (error?.mayHaveRun == true ? 1 : 0))
            #expect(client.statistics.reconnects == 0)
        }
    }

    @Test func aCommandOfACancelledTaskIsNotWritten() async throws {
        try await withServer { _, client in
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return await redisError { _ = try await client.send("INCR", "n") }
            }
            task.cancel()
            let error = await task.value
            #expect(error?.code == .cancelled)
            #expect(error?.mayHaveRun == false)
            let value = try await client.send("GET", "n")
            #expect(value == .null)
        }
    }

    @Test func shutdownFailsWhatIsThereAndWhatComes() async throws {
        try await withServer { server, client in
            let connection = try await client.makeConnection()
            let observer = try RedisClient(configuration: RedisConfiguration(url: server.url), logger: quiet)
            async let blocked = redisError { _ = try await connection.send("BLPOP", "q", 0, timeout: .seconds(50)) }
            try await waitForClients(observer) { $0.contains("cmd=blpop") }
            await client.shutdown()
            #expect(await blocked?.code == .closed)
            #expect(await redisError { _ = try await client.send("PING") }?.code == .closed)
            #expect(await redisError { _ = try await client.makeConnection() }?.code == .closed)
            let subscribing = await redisError {
                try await client.subscribe(["c"], onSubscribed: {}, onMessage: { _, _ in })
            }
            #expect(subscribing?.code == .closed)
            await observer.shutdown()
        }
    }

    @Test func aDemotedServerMakesTheClientConnectAgain() async throws {
        try await withServer { server, client in
            try await withClient(RedisConfiguration(url: server.url)) { admin in
                _ = try await client.send("SET", "k", 1)
                _ = try await admin.send("REPLICAOF", "127.0.0.1", Int(try Loopback.freePort()))
                let error = await redisError { _ = try await client.send("SET", "k", 2) }
                #expect(error?.serverError?.prefix == "READONLY")
                #expect(error?.mayHaveRun == false)
                _ = try await admin.send("REPLICAOF", "NO", "ONE")
                #expect(try await client.send("SET", "k", 3) == .status("OK"))
                #expect(client.statistics.reconnects == 1)
            }
        }
    }

    @Test func nonsenseFromTheServerClosesTheConnection() async throws {
        let server = try await ScriptedServer.start(answers: ["+PONG\r\n", "?what\r\n"])
        let configuration = RedisConfiguration(host: "127.0.0.1", port: server.port)
        try await withClient(configuration) { client in
            let connection = try await client.makeConnection()
            let error = await redisError { _ = try await connection.send("GET", "k") }
            #expect(error?.code == .invalidReply)
            #expect(error?.mayHaveRun == true)
            let later = await redisError { _ = try await connection.send("GET", "k") }
            #expect(later?.mayHaveRun == false)
        }
        try await server.stop()
    }

    @Test func oneReplyTooManyClosesTheConnection() async throws {
        let server = try await ScriptedServer.start(answers: ["+PONG\r\n", "+one\r\n+two\r\n"])
        try await withClient(RedisConfiguration(host: "127.0.0.1", port: server.port)) { client in
            let connection = try await client.makeConnection()
            #expect(try await connection.send("GET", "k").string == "one")
            let later = await redisError { _ = try await connection.send("GET", "k", timeout: .seconds(20)) }
            #expect(later?.code == .invalidReply)
        }
        try await server.stop()
    }

    @Test func aSilentConnectionIsGivenUp() async throws {
        let server = try await ScriptedServer.start(answers: ["+PONG\r\n"])
        var configuration = RedisConfiguration(host: "127.0.0.1", port: server.port)
        configuration.keepAliveInterval = .milliseconds(50)
        try await withClient(configuration) { client in
            let connection = try await client.makeConnection()
            // The server answers the first PING only; its end of the connection sees ours close.
            await server.connectionClosed()
            let error = await redisError { _ = try await connection.send("GET", "k") }
            #expect(error?.code == .disconnected)
            #expect(error?.mayHaveRun == false)
        }
        try await server.stop()
    }
}
