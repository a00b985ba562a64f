import Glibc
import Synchronization
import Threads

/// One order to a child process and what it answers.
final class CallConversation: Sendable {
    /// How it went.
    struct End: Sendable {
        var exit: ProcessExit
        /// All that the child wrote.
        var output: [UInt8]
        var wasAborted: Bool
    }

    private struct State {
        /// From then on its number may be another process's.
        var isReaped = false
        var isAborted = false
    }

    private let process: SpawnedProcess
    private let output: CInt
    private let state = Mutex(State())

    /// Starts the child.
    init(with program: ChildSpecification) throws(SystemCallError) {
        process = try SpawnedProcess.start(program, readingOutput: true)
        guard let output = process.output else { throw SystemCallError(call: "pipe", code: EBADF) }
        self.output = output
    }

    /// Gives the order and waits for the child's end; called once.
    func hold(_ order: [UInt8]) async -> End {
        await withCheckedContinuation { continuation in
            do {
                try OwnThread.start { continuation.resume(returning: self.talk(order)) }
            } catch {
                // No thread to wait in: ended at once, so there is nothing to wait for.
                abort()
                continuation.resume(returning: talk([]))
            }
        }
    }

    /// Ends the child, if it has not ended.
    func abort() {
        state.withLock { state in
            state.isAborted = true
            if !state.isReaped { process.killGroup() }
        }
    }

    /// Blocks.
    private func talk(_ order: [UInt8]) -> End {
        let sent = PipeIO.write(Array("\(order.count)\n".utf8) + order, to: process.lifeline)
        let answer = PipeIO.readAll(from: output)
        // A child that does not take its order will not end by itself.
        if !sent { abort() }
        // Until it is reaped, its number belongs to nobody else.
        process.awaitEnd()
        return state.withLock { state in
            state.isReaped = true
            return End(exit: process.reap(), output: answer, wasAborted: state.isAborted && sent)
        }
    }
}
