package import Penstock
import Redis

extension RedisJobQueue {
    package func spool(_ lease: Lease, _ completion: Completion) async throws -> SpoolAnswer {
        let arguments: [any RedisArgument] = [
            lease.key, lease.token.text, completion.terminal == nil ? 0 : 1, CompletionRecord.encode(completion),
            spoolBytes,
        ]
        let reply = try await run(QueueScripts.spool, arguments)
        guard let answer = reply.string.flatMap(SpoolAnswer.init(rawValue:)) else { throw UnexpectedReply() }
        return answer
    }

    package func spooled(after cursor: String?) async throws -> SpoolPage {
        let reply = try ReplyReader(try await run(QueueScripts.spooled, [cursor ?? "0"]))
        let last = try reply.text(0)
        var page = SpoolPage(entries: [], damaged: 0, cursor: last == "0" ? nil : last)
        for index in stride(from: 1, to: reply.count, by: 2) {
            do {
                let completion = try CompletionRecord.decode(try reply.bytes(index + 1))
                page.entries.append(SpooledCompletion(entry: try reply.text(index), completion: completion))
            } catch is DamagedRecord {
                page.damaged += 1
            }
        }
        return page
    }

    package func unspool(_ entries: [SpooledCompletion]) async throws {
        guard !entries.isEmpty else { return }
        _ = try await run(QueueScripts.unspool, entries.map(\.entry))
    }
}
