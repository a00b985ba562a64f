import JSON
import Penstock

/// A pool's limits as the scripts read them, as JSON; 0 is no limit.
enum PoolProgram {
    static func encode(_ pool: Pool, spoolBytes: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("groups")
            writer.object { writer in
                for group in pool.limitGroups + pool.targets.compactMap(\.ownGroup) {
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
            writer.key("cost")
            writer.object { writer in
                writer.member("i", pool.tokenWeights.input)
                writer.member("o", pool.tokenWeights.output)
            }
            writer.member("spool", spoolBytes)
            writer.key("caps")
            writer.object { writer in
                writer.member("j", pool.caps.jobs ?? 0)
                writer.member("b", pool.caps.bytes ?? 0)
                writer.member("t", pool.caps.tokens ?? 0)
            }
        }
        return writer.bytes
    }

    private static func encode(_ group: LimitGroup, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("n", group.name)
            writer.member("c", group.maxConcurrency ?? 0)
            writer.member("r", group.requestsPerMinute ?? 0)
            writer.member("t", group.tokensPerMinute ?? 0)
            writer.member("i", group.inputTokensPerMinute ?? 0)
            writer.member("o", group.outputTokensPerMinute ?? 0)
            writer.member("d", group.requestsPerDay ?? 0)
            writer.member("s", group.dayStart.wholeMilliseconds)
        }
    }

    private static func encode(_ target: Target, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("n", target.name)
            writer.member("c", target.maxConcurrency ?? 0)
            writer.key("g")
            writer.array { writer in
                for group in target.countedGroups { writer.string(group) }
            }
            if let adaptive = target.adaptiveConcurrency {
                writer.key("a")
                writer.object { writer in
                    writer.member("i", adaptive.initial)
                    writer.member("l", adaptive.least)
                    writer.member("m", adaptive.most)
                    writer.memberIfPresent("f", adaptive.followsFirstByte ? true : nil)
                }
            }
        }
    }
}

extension Target {
    /// What stands for the limits of a target without a group: what its provider tells has to be kept somewhere. No
    /// setting can name it.
    fileprivate var ownGroup: LimitGroup? { limitGroups.isEmpty ? LimitGroup(name: "@\(name)") : nil }

    /// The limit groups that calls of the target count against.
    var countedGroups: [String] { ownGroup.map { [$0.name] } ?? limitGroups }
}

extension JobClass {
    /// The class's name in Redis members.
    var letter: String { String(rawValue.prefix(1)) }
}
