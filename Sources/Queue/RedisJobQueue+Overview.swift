import JSON
package import Penstock
import Redis

extension RedisJobQueue {
    package func overview(tenants: Int) async throws -> PoolOverview {
        try OverviewReader.overview(try await object(QueueScripts.overview, [program, tenants]))
    }

    package func load(due horizons: [Duration]) async throws -> PoolLoad {
        let arguments: [any RedisArgument] = [program] + horizons.map { $0.wholeMilliseconds }
        var load = try OverviewReader.load(try await object(QueueScripts.load, arguments), horizons)
        load.groupsOfTargets = limitGroups
        return load
    }

    /// The JSON object that a script answers.
    private func object(_ script: QueueScript, _ arguments: [any RedisArgument]) async throws -> JSONValue {
        let reply = try await run(script, arguments)
        guard let bytes = reply.bytes, let root = try? JSONDocument(parsing: bytes).root else {
            throw UnexpectedReply()
        }
        return root
    }

    package func experience() async throws -> PoolExperience {
        let reply = try ReplyReader(try await run(QueueScripts.experience, targetNames))
        var experience = PoolExperience()
        for item in try reply.lists() {
            let name = try item.text(1)
            if try item.text(0) == "model" {
                experience.models[name] = PoolExperience.Model(
                    samples: try item.decimal(5),
                    inputRatio: try item.decimal(2),
                    inputError: try item.decimal(4),
                    outputP90: try item.integer(3)
                )
            } else {
                experience.targets[name] = PoolExperience.ServiceTime(
                    samples: try item.decimal(2),
                    p10: .milliseconds(try item.decimal(3)),
                    p50: .milliseconds(try item.decimal(4)),
                    p95: .milliseconds(try item.decimal(5))
                )
            }
        }
        return experience
    }
}

/// Reads what `overview` answers. Lua writes an empty list as an empty object.
private enum OverviewReader {
    static func overview(_ root: JSONValue) throws -> PoolOverview {
        PoolOverview(
            isPaused: root["paused"]?.bool == true,
            waiting: try number(root, "waiting"),
            running: try number(root, "running"),
            delayed: try number(root, "delayed"),
            flows: try number(root, "flows"),
            takenJobs: try number(root, "jobs"),
            takenTokens: try number(root, "tokens"),
            targets: try list(root, "targets").map(target),
            groups: try list(root, "groups").map(group).sorted { $0.name < $1.name },
            tenants: try list(root, "tenants").map(tenant)
        )
    }

    static func load(_ root: JSONValue, _ horizons: [Duration]) throws -> PoolLoad {
        let due = try list(root, "due")
        guard due.count == horizons.count else { throw UnexpectedReply() }
        let tokens = root["tokens"]?.double ?? 0
        return PoolLoad(
            at: Timestamp(milliseconds: Int64(try number(root, "at"))),
            isPaused: root["paused"]?.bool == true,
            waiting: try number(root, "waiting"),
            heldByTenants: try number(root, "held"),
            heldByPauses: try number(root, "held_by_pauses"),
            running: try number(root, "running"),
            delayed: try number(root, "delayed"),
            takenJobs: try number(root, "jobs"),
            spooledBytes: try number(root, "spooled"),
            due: zip(horizons, due).map { PoolLoad.Due(within: $0, jobs: Int($1.double ?? 0)) },
            targets: try list(root, "targets").map(target),
            groups: try list(root, "groups").map(group).sorted { $0.name < $1.name },
            tokensPerJob: tokens > 0 ? tokens : nil
        )
    }

    private static func target(_ value: JSONValue) throws -> TargetOverview {
        let moment = Timestamp(milliseconds: Int64(try number(value, "moment")))
        let state: TargetOverview.State =
            switch try text(value, "state") {
            case "available": .available
            case "blocked": .blocked(until: moment)
            case "probing": .probing
            case "stopped": .stopped(since: moment)
            case "paused": .paused
            default: throw UnexpectedReply()
            }
        return TargetOverview(
            name: try text(value, "name"),
            state: state,
            running: try number(value, "running"),
            maxRunning: cap(try number(value, "cap")),
            serviceTime: serviceTime(value)
        )
    }

    private static func serviceTime(_ value: JSONValue) -> PoolExperience.ServiceTime? {
        guard let samples = value["samples"]?.double, samples > 0 else { return nil }
        return PoolExperience.ServiceTime(
            samples: samples,
            p10: .milliseconds(value["p10"]?.double ?? 0),
            p50: .milliseconds(value["p50"]?.double ?? 0),
            p95: .milliseconds(value["p95"]?.double ?? 0)
        )
    }

    private static func group(_ value: JSONValue) throws -> LimitGroupOverview {
        LimitGroupOverview(
            name: try text(value, "name"),
            running: try number(value, "running"),
            maxRunning: cap(try number(value, "cap")),
            limits: try list(value, "limits").map(limit),
            requestsLeftToday: value["today"]?.double.flatMap { $0 < 0 ? nil : Int($0) }
        )
    }

    private static func limit(_ value: JSONValue) throws -> LimitGroupOverview.Limit {
        let dimension: LimitGroupOverview.Dimension =
            switch try text(value, "dimension") {
            case "r": .requests
            case "t": .tokens
            case "i": .inputTokens
            case "o": .outputTokens
            default: throw UnexpectedReply()
            }
        return LimitGroupOverview.Limit(
            dimension: dimension,
            perMinute: try number(value, "limit"),
            isLearned: value["learned"]?.bool == true,
            use: value["use"]?.double ?? 0,
            perCall: value["per_call"]?.double.flatMap { $0 > 0 ? $0 : nil }
        )
    }

    private static func tenant(_ value: JSONValue) throws -> TenantOverview {
        let letter = try text(value, "class")
        guard let jobClass = JobClass.allCases.first(where: { $0.letter == letter }) else { throw UnexpectedReply() }
        return TenantOverview(
            tenant: TenantID(trusted: try text(value, "tenant")),
            jobClass: jobClass,
            weight: try number(value, "weight"),
            waiting: try number(value, "waiting"),
            running: try number(value, "running"),
            servedTokens: try number(value, "served"),
            parked: value["parked"]?.string.flatMap(WaitReason.init(rawValue:))
        )
    }

    private static func cap(_ number: Int) -> Int? { number == 0 ? nil : number }

    private static func list(_ value: JSONValue, _ key: String) throws -> [JSONValue] {
        guard let list = value[key] else { throw UnexpectedReply() }
        return list.kind == .array ? Array(list.elements) : []
    }

    private static func text(_ value: JSONValue, _ key: String) throws -> String {
        guard let text = value[key]?.string else { throw UnexpectedReply() }
        return text
    }

    private static func number(_ value: JSONValue, _ key: String) throws -> Int {
        guard let number = value[key]?.double else { throw UnexpectedReply() }
        return Int(number)
    }
}
