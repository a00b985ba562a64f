import Glibc
package import Penstock
import Synchronization
import Threads

/// The other side of `CallCell`: makes the calls that standard input orders and reports on standard output.
package enum CallChild {
    /// Makes calls until nobody orders any more; then the process ends at once, whatever still runs.
    ///
    /// - Parameter target: finds a target by its name.
    /// - Throws: when the system has no more threads.
    package static func run(
        _ caller: any ProviderCaller,
        target: @escaping @Sendable (String) -> Target?
    ) async throws {
        preferAsVictim()
        let (frames, sink) = AsyncStream.makeStream(of: CallFrame.self)
        try OwnThread.start {
            // Whoever orders is gone, or says what is no order.
            while let frame = try? CallFrame.read(from: STDIN_FILENO) { sink.yield(frame) }
            _exit(EXIT_SUCCESS)
        }
        var running: [Int: Task<Void, Never>] = [:]
        for await frame in frames {
            guard !frame.bytes.isEmpty else {
                running.removeValue(forKey: frame.call)?.cancel()
                continue
            }
            running[frame.call] = Task {
                report(await answer(frame.bytes, caller, target), of: frame.call)
            }
        }
    }

    private static func answer(
        _ order: [UInt8],
        _ caller: any ProviderCaller,
        _ target: (String) -> Target?
    ) async -> CallReport {
        do {
            let order = try CallOrder.decode(order)
            guard let target = target(order.target) else { throw UnknownTarget(name: order.target) }
            return await caller.call(
                target,
                endpoint: order.endpoint,
                body: order.body,
                headers: order.headers,
                within: order.timeout
            )
        } catch {
            let error = JobError(.penstockOutcomeUnknown, "The process for the call could not make it: \(error)")
            return CallReport(.failed(CallFailure(error: error, mayHaveBeenSent: false)))
        }
    }

    /// Reports are written one after the other.
    private static let writing = Mutex(())

    private static func report(_ report: CallReport, of call: Int) {
        let frame = CallFrame(call: call, bytes: CallReportRecord.encode(report))
        // Whoever does not read any more has gone, and this process ends.
        writing.withLock { _ in _ = PipeIO.write(frame.encoded, to: STDOUT_FILENO) }
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
    var description: String { "there is no target `\(name)` in its settings" }
}
