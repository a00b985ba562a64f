import JSON
package import Penstock
import Redis

extension RedisJobQueue {
    package func overview(tenants: Int) async throws -> PoolOverview {
        let reply = try await run(QueueScripts.overview, [program, tenants])
        guard let bytes = reply.bytes, let root = try? JSONDocument(parsing: bytes).root else {
            throw UnexpectedReply()
        }
        return try OverviewReader.overview(root)
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
            maxRunning: cap(try number(value, "cap"))
        )
    }

    private static func group(_ value: JSONValue) throws -> LimitGroupOverview {
        LimitGroupOverview(
            name: try text(value, "name"),
            running: try number(value, "running"),
            maxRunning: cap(try number(value, "cap")),
            limits: try list(value, "limits").map(limit)
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
            use: value["use"]?.double ?? 0
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
