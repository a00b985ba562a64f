import Testing

@testable import Redis

@Suite struct ConfigurationTests {
    @Test func readsEveryPart() throws {
        let configuration = try RedisConfiguration(url: "rediss://us%40er:p%3Aw%2F%25@cache.example:6380/3")
        #expect(configuration.tls != nil)
        #expect(configuration.username == "us@er")
        #expect(configuration.password == "p:w/%")
        #expect(configuration.host == "cache.example")
        #expect(configuration.port == 6380)
        #expect(configuration.database == 3)
    }

    @Test(arguments: [
        ("redis://h", "redis://h:6379/0"),
        ("REDIS://h/", "redis://h:6379/0"),
        ("redis://:secret@h", "redis://:***@h:6379/0"),
        ("redis://u:secret@h:1/15", "redis://u:***@h:1/15"),
        ("redis://u:sec@ret@h", "redis://u:***@h:6379/0"),
        ("redis://[::1]:7000/1", "redis://[::1]:7000/1"),
        ("rediss://[fe80::1]", "rediss://[fe80::1]:6379/0"),
    ])
    func describesWithoutPassword(_ url: String, _ description: String) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect("\(configuration)" == description)
        #expect(String(reflecting: configuration) == description)
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("sec"))
    }

    @Test(arguments: [
        "", "h:6379", "http://h", "redis://", "redis://:6379", "redis://h:0", "redis://h:65536", "redis://h:x",
        "redis://h:+1", "redis://h:", "redis://h/x", "redis://h/-1", "redis://h/0/1", "redis://h/99999999999",
        "redis://h?timeout=1", "redis://h/0?db=1", "redis://h#f", "redis://user@h", "redis://user:@h",
        "redis://:%zz@h", "redis://:%4@h", "redis://:%ff@h", "redis://[::1", "redis://[::1]x", "redis://u:secret@",
    ])
    func refuses(_ url: String) {
        let error = #expect(throws: RedisError.self) { _ = try RedisConfiguration(url: url) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.description.contains("secret") == false)
    }

    @Test func backoffDoublesUpToItsMaximum() {
        let backoff = RedisBackoff()
        #expect(backoff.delay(attempt: 0, random: 0) == .zero)
        let bounds = (0...6).map { backoff.delay(attempt: $0, random: 1) }
        #expect(bounds == [50, 100, 200, 400, 800, 1600, 2000].map { .milliseconds($0) })
        #expect(backoff.delay(attempt: 1_000, random: 0.5) == .seconds(1))
    }

    @Test func missingFilesAreReportedAtOnce() async {
        var configuration = RedisConfiguration(host: "h")
        configuration.tls = RedisTLS(caFile: "/does/not/exist.pem")
        let error = #expect(throws: RedisError.self) {
            _ = try RedisClient(configuration: configuration, logger: quiet)
        }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test func certificateWithoutKeyIsRefused() {
        var configuration = RedisConfiguration(host: "h")
        configuration.tls = RedisTLS()
        configuration.tls?.certificateFile = "/does/not/exist.pem"
        let error = #expect(throws: RedisError.self) {
            _ = try RedisClient(configuration: configuration, logger: quiet)
        }
        #expect(error?.code == .invalidConfiguration)
    }
}
