import Penstock

/// A pool's limits as `open_pool` of the scripts reads them: packed, so that a call loses no time with them; 0 is no
/// limit.
enum PoolProgram {
    static func encode(_ pool: Pool, spoolBytes: Int) -> [UInt8] {
        let groups = pool.limitGroups + pool.targets.compactMap(\.ownGroup)
        var writer = ByteWriter()
        writer.double(spoolBytes)
        for cap in [pool.caps.jobs, pool.caps.bytes, pool.caps.tokens] { writer.double(cap ?? 0) }
        writer.double(pool.tokenWeights.input)
        writer.double(pool.tokenWeights.output)
        for jobClass in [JobClass.interactive, .standard, .batch] { writer.double(pool.classWeights[jobClass] ?? 1) }
        writer.small(groups.count)
        writer.small(pool.targets.count)
        for group in groups { encode(group, to: &writer) }
        for target in pool.targets { encode(target, groups, to: &writer) }
        return writer.bytes
    }

    private static func encode(_ group: LimitGroup, to writer: inout ByteWriter) {
        writer.text(group.name)
        let limits = [
            group.maxConcurrency, group.requestsPerMinute, group.tokensPerMinute, group.inputTokensPerMinute,
            group.outputTokensPerMinute, group.requestsPerDay,
        ]
        for limit in limits { writer.double(limit ?? 0) }
        writer.double(group.dayStart.wholeMilliseconds)
    }

    private static func encode(_ target: Target, _ groups: [LimitGroup], to writer: inout ByteWriter) {
        let adaptive = target.adaptiveConcurrency
        writer.text(target.name)
        writer.double(target.maxConcurrency ?? 0)
        for number in [adaptive?.initial, adaptive?.least, adaptive?.most] { writer.double(number ?? 0) }
        writer.double(adaptive?.followsFirstByte == true ? 1 : 0)
        // By their places from 1 on.
        let places = target.countedGroups.compactMap { name in groups.firstIndex { $0.name == name } }
        writer.small(places.count)
        for place in places { writer.small(place + 1) }
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
