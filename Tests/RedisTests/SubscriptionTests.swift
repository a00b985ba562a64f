import Redis
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct SubscriptionTests {
    private enum Event: Sendable, Equatable {
        case subscribed
        case message(String, [UInt8])
    }

    private func listen(
        _ client: RedisClient,
        _ channels: [String],
        _ log: EventLog<Event>
    ) -> Task<RedisError?, Never> {
        Task {
            await redisError {
                try await client.subscribe(
                    channels,
                    onSubscribed: { log.append(.subscribed) },
                    onMessage: { log.append(.message($0, $1)) }
                )
            }
        }
    }

    @Test func messagesArriveInOrderUntilCancelled() async throws {
        try await withServer { _, client in
            let log = EventLog<Event>()
            let task = listen(client, ["a", "b"], log)
            #expect(await log.next() == .subscribed)
            for number in UInt8(0)..<100 {
                _ = try await client.send("PUBLISH", number % 2 == 0 ? "a" : "b", [0, number])
            }
            for number in UInt8(0)..<100 {
                #expect(await log.next() == .message(number % 2 == 0 ? "a" : "b", [0, number]))
            }
            task.cancel()
            #expect(await task.value == nil)
            try await waitForClients(client) { !$0.contains("cmd=subscribe") }
        }
    }

    @Test func subscribesAgainAfterARestart() async throws {
        try await withServer { server, client in
            let log = EventLog<Event>()
            let task = listen(client, ["a"], log)
            #expect(await log.next() == .subscribed)
            try await server.kill()
            try await server.restart()
            #expect(await log.next() == .subscribed)
            _ = try await client.send("PUBLISH", "a", "again")
            #expect(await log.next() == .message("a", Array("again".utf8)))
            task.cancel()
            #expect(await task.value == nil)
        }
    }

    @Test func aSilentServerIsNoticed() async throws {
        let configure = { (configuration: inout RedisConfiguration) in
            configuration.keepAliveInterval = .milliseconds(100)
            configuration.connectTimeout = .milliseconds(500)
        }
        try await withServer(configure: configure) { server, client in
            let log = EventLog<Event>()
            let task = listen(client, ["a"], log)
            #expect(await log.next() == .subscribed)
            // Some PINGs are answered first: a quiet, living connection stays.
            try await withClient(RedisConfiguration(url: server.url)) { observer in
                try await waitForClients(observer) { list in
                    list.split(separator: "\n").contains { $0.contains("sub=1") && $0.contains("cmd=ping") }
                }
            }
            server.pause()
            let error = await redisError {
                _ = try await client.withDedicatedConnection { try await $0.send("PING", timeout: .seconds(1)) }
            }
            #expect(error != nil)
            server.resume()
            #expect(await log.next() == .subscribed)
            task.cancel()
            #expect(await task.value == nil)
        }
    }

    @Test func whatTheServerRefusesFromTheStartIsThrown() async throws {
        let acl = ["--user", "default", "on", "nopass", "~*", "resetchannels", "+@all"]
        try await withServer(arguments: acl) { _, client in
            let error = await redisError {
                try await client.subscribe(["a"], onSubscribed: {}, onMessage: { _, _ in })
            }
            #expect(error?.serverError?.prefix == "NOPERM")
        }
    }
}
