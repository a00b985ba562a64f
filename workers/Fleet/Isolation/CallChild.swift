import Glibc
package import Penstock
import Threads

/// The other side of `IsolatedCaller`: makes one call that standard input orders and reports on standard output.
package enum CallChild {
    /// Waits for the order, makes the call and writes its report. Ends the process when whoever ordered it is gone.
    ///
    /// - Parameter target: finds a target by its name.
    /// - Throws: when the order is none, or names a target that the settings do not.
    package static func run(
        _ caller: any ProviderCaller,
        target: (String) -> Target?
    ) async throws {
        preferAsVictim()
        let order = try CallOrder.decode(try readOrder())
        guard let target = target(order.target) else { throw UnknownTarget(name: order.target) }
        try ParentWatch.watch(STDIN_FILENO, grace: .zero, exit: { _exit(EX_TEMPFAIL) }, onParentGone: {})
        let report = await caller.call(
            target,
            endpoint: order.endpoint,
            body: order.body,
            within: order.timeout
        )
        guard PipeIO.write(CallReportRecord.encode(report), to: STDOUT_FILENO) else { throw NobodyListens() }
    }

    /// The order's length in decimal and a line feed, then the order.
    private static func readOrder() throws -> [UInt8] {
        var head: [UInt8] = []
        while let byte = PipeIO.read(atMost: 1, from: STDIN_FILENO), byte != [UInt8(ascii: "\n")] { head += byte }
        guard let length = Int(String(decoding: head, as: UTF8.self)) else { throw DamagedRecord() }
        var order: [UInt8] = []
        while order.count < length {
            guard let more = PipeIO.read(atMost: min(length - order.count, 65_536), from: STDIN_FILENO) else {
                throw DamagedRecord()
            }
            order += more
        }
        return order
    }

    /// When memory runs out, it is this process that the kernel should end. Without that the call still works.
    private static func preferAsVictim() {
        let descriptor = open("/proc/self/oom_score_adj", O_WRONLY)
        guard descriptor >= 0 else { return }
        _ = PipeIO.write(Array("1000".utf8), to: descriptor)
        close(descriptor)
    }
}

/// An order for a target that is not in this process's settings.
struct UnknownTarget: Error, CustomStringConvertible {
    let name: String
    var description: String { "there is no target `\(name)` in the settings" }
}

/// Whoever ordered the call does not read its report.
struct NobodyListens: Error, CustomStringConvertible {
    var description: String { "nobody reads the report of the call" }
}
