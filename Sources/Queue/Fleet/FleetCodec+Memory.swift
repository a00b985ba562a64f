import JSON
import Penstock

/// What the next plan needs of the last one.
extension FleetCodec {
    static func write(_ history: WishHistory, to writer: inout JSONWriter) {
        writer.member("began", history.began?.milliseconds)
        writer.member("count", history.count)
        writer.member("since", history.since?.milliseconds)
        writer.member("down", history.steppedDown?.milliseconds)
        writer.key("entries")
        writer.array { writer in
            for entry in history.entries {
                writer.array { writer in
                    writer.int(entry.count)
                    writer.int(entry.at.milliseconds)
                }
            }
        }
    }

    static func history(_ root: JSONValue) -> WishHistory? {
        guard let entries = root["entries"]?.elements else { return nil }
        return WishHistory(
            began: root.moment("began"),
            entries: entries.compactMap { entry in
                let numbers = entry.elements.compactMap(\.int64)
                guard numbers.count == 2 else { return nil }
                return WishHistory.Entry(count: Int(numbers[0]), at: Timestamp(milliseconds: numbers[1]))
            },
            count: root.int("count"),
            since: root.moment("since"),
            steppedDown: root.moment("down")
        )
    }

    static func write(_ pace: PoolPace, to writer: inout JSONWriter) {
        writer.member("service", exactly: pace.service)
        writer.key("mark")
        if let mark = pace.mark {
            writer.array { writer in
                writer.int(mark.at.milliseconds)
                for number in [mark.takenJobs, mark.waiting, mark.running] { writer.int(number) }
            }
        } else {
            writer.null()
        }
        writer.key("steps")
        writer.array { writer in
            for step in pace.steps {
                writer.array { writer in
                    writer.number(text: "\(step.seconds)")
                    writer.int(step.arrivals)
                    writer.int(step.takes)
                    writer.number(text: "\(step.running)")
                }
            }
        }
    }

    static func paces(_ root: JSONValue) -> [PoolName: PoolPace]? {
        guard root.kind == .object else { return nil }
        let pairs = root.members.map { (PoolName($0.key), pace($0.value)) }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func pace(_ root: JSONValue) -> PoolPace {
        let mark = root["mark"]?.elements.compactMap(\.int64) ?? []
        let steps = root["steps"]?.elements.compactMap(step) ?? []
        return PoolPace(
            mark: mark.count != 4
                ? nil
                : PoolPace.Mark(
                    at: Timestamp(milliseconds: mark[0]),
                    takenJobs: Int(mark[1]),
                    waiting: Int(mark[2]),
                    running: Int(mark[3])
                ),
            steps: steps,
            service: root["service"]?.double
        )
    }

    private static func step(_ root: JSONValue) -> PoolPace.Step? {
        let numbers = root.elements.compactMap(\.double)
        guard numbers.count == 4, numbers[0] > 0 else { return nil }
        return PoolPace.Step(
            seconds: numbers[0],
            arrivals: Int(numbers[1]),
            takes: Int(numbers[2]),
            running: numbers[3]
        )
    }
}
