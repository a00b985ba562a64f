import Redis

/// How long scripts ran, from the server's own notes: wall time, what the machine took away included.
struct ScriptTimes: Sendable {
    /// How many scripts ran.
    var scripts = 0.0
    /// Scripts above 2 ms.
    var slow = 0
    /// Milliseconds.
    var longest = 0.0
    var p999 = 0.0
    /// Commands that scripts ran, by name.
    var commands: [String: Double] = [:]

    /// The commands per job, the most frequent first.
    func commands(per jobs: Int) -> String {
        commands.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.key) \(($0.value / Double(jobs) * 10).rounded() / 10)" }
            .joined(separator: ", ")
    }

    static func begin(_ bed: Bed) async throws {
        _ = try await bed.client.pipeline([
            RedisCommand("CONFIG", "SET", "slowlog-log-slower-than", "2000", "slowlog-max-len", "10000"),
            RedisCommand("CONFIG", "SET", "latency-tracking-info-percentiles", "50 99 99.9 100"),
            RedisCommand("CONFIG", "RESETSTAT"), RedisCommand("SLOWLOG", "RESET"),
        ])
    }

    static func end(_ bed: Bed) async throws -> ScriptTimes {
        var times = ScriptTimes()
        let entries = try await bed.client.send("SLOWLOG", "GET", "-1").array ?? []
        times.slow = entries.count { $0.array?[3].array?.first?.string?.uppercased() == "EVALSHA" }
        let text = try await bed.client.send("INFO", "latencystats").string ?? ""
        for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("latency_percentiles_usec_evalsha:") {
            for pair in line.split(separator: ":")[1].split(separator: ",") {
                let parts = pair.split(separator: "=")
                let milliseconds = (Double(parts[1]) ?? 0) / 1000
                if parts[0] == "p99.9" { times.p999 = milliseconds }
                if parts[0] == "p100" { times.longest = milliseconds }
            }
        }
        let counts = try await bed.client.send("INFO", "commandstats").string ?? ""
        for line in counts.split(whereSeparator: \.isNewline) where line.hasPrefix("cmdstat_") {
            let name = String(line.dropFirst("cmdstat_".count).prefix { $0 != ":" })
            let calls = line.split(separator: ":")[1].split(separator: ",")[0].dropFirst("calls=".count)
            if name == "evalsha" { times.scripts = Double(calls) ?? 0 }
            if !["evalsha", "info", "slowlog|get"].contains(name) { times.commands[name] = Double(calls) }
        }
        return times
    }
}
