import JSON
import Penstock

/// A pool's limits as the scripts read them, as JSON.
enum PoolProgram {
    /// Rates become milliseconds per request or token, 0 for no limit.
    static func encode(_ pool: Pool) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("groups")
            writer.object { writer in
                for group in pool.limitGroups {
                    writer.key(group.name)
                    encode(group, to: &writer)
                }
            }
            writer.key("targets")
            writer.array { writer in
                for target in pool.targets { encode(target, to: &writer) }
            }
            writer.key("weights")
            writer.object { writer in
                for jobClass in JobClass.allCases {
                    writer.member(jobClass.letter, pool.classWeights[jobClass] ?? 1)
                }
            }
        }
        return writer.bytes
    }

    private static func encode(_ group: LimitGroup, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("n", group.name)
            writer.member("c", group.maxConcurrency ?? 0)
            rate("r", group.requestsPerMinute, to: &writer)
            rate("t", group.tokensPerMinute, to: &writer)
            rate("i", group.inputTokensPerMinute, to: &writer)
            rate("o", group.outputTokensPerMinute, to: &writer)
        }
    }

    private static func encode(_ target: Target, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("n", target.name)
            writer.member("c", target.maxConcurrency ?? 0)
            writer.key("g")
            writer.array { writer in
                for group in target.limitGroups { writer.string(group) }
            }
        }
    }

    private static func rate(_ key: String, _ perMinute: Int?, to writer: inout JSONWriter) {
        writer.key(key)
        writer.number(text: perMinute.map { "\(60_000 / Double($0))" } ?? "0")
    }
}

extension JobClass {
    /// The class's name in Redis members.
    var letter: String { String(rawValue.prefix(1)) }
}
