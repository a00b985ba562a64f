/// A Lua script, called by its hash.
package struct RedisScript: Sendable {
    /// For logs and metrics; the server never sees it.
    package let name: String
    package let source: String
    /// 40 lower-case hexadecimal digits, as `SCRIPT LOAD` returns them.
    package let sha1: String

    /// Hashes `source` locally; nothing is sent.
    package init(name: String, source: String) {
        self.name = name
        self.source = source
        self.sha1 = SHA1.hexDigest(of: source.utf8)
    }
}

extension RedisScript {
    func call(keys: [String], arguments: [any RedisArgument]) -> RedisCommand {
        command("EVALSHA", sha1, keys, arguments)
    }

    /// Runs the script and leaves it in the server's cache, in one step that no `SCRIPT FLUSH` can come between.
    func callWithSource(keys: [String], arguments: [any RedisArgument]) -> RedisCommand {
        command("EVAL", source, keys, arguments)
    }

    private func command(
        _ name: String,
        _ script: String,
        _ keys: [String],
        _ arguments: [any RedisArgument]
    ) -> RedisCommand {
        var all: [any RedisArgument] = [script, keys.count]
        all.append(contentsOf: keys as [any RedisArgument])
        all.append(contentsOf: arguments)
        return RedisCommand(name, arguments: all)
    }
}
