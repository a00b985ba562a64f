import Glibc
import Threads

/// Runs adapters' programs on a few threads of their own: libjq's states are bound to a thread, and a run may take
/// long, which the tasks' threads must not. Each thread compiles what it needs once.
final class JQThreads: Sendable {
    private let queue = JQQueue()
    private let count: Int

    /// - Parameter limit: how long a run may take; then it is ended.
    /// - Throws: when the system has no more threads.
    init(count: Int = 2, limit: Duration = .seconds(5)) throws(SystemCallError) {
        self.count = count
        let slots = (0..<count).map { _ in JQSlot() }
        do {
            for slot in slots { try OwnThread.start(named: "jq") { [queue] in Self.work(on: queue, slot) } }
            try OwnThread.start(named: "jq") { [queue] in Self.watch(queue, slots, limit) }
        } catch {
            queue.stop(threads: count)
            throw error
        }
    }

    deinit { queue.stop(threads: count) }

    /// Runs a family's program on `input`. Not cancellable: it takes microseconds, at most the limit.
    func run(_ program: AdapterSource, _ input: [UInt8]) async -> Result<[UInt8], JQFailure> {
        await withCheckedContinuation { continuation in
            queue.submit(JQQueue.Work(program: program, input: input) { continuation.resume(returning: $0) })
        }
    }

    private static func work(on queue: JQQueue, _ slot: JQSlot) {
        var programs: [String: JQProgram] = [:]
        while let work = queue.next() {
            let result = run(work, &programs, slot)
            queue.finished()
            work.answer(result)
        }
    }

    private static func run(_ work: JQQueue.Work, _ programs: inout [String: JQProgram], _ slot: JQSlot)
        -> Result<[UInt8], JQFailure>
    {
        if let program = programs[work.program.name] { return program.run(work.input, in: slot) }
        do {
            let program = try work.program.compiled()
            programs[work.program.name] = program
            return program.run(work.input, in: slot)
        } catch {
            // It compiled at start; what is left is a lack of memory.
            return .failure(.noResult)
        }
    }

    /// Ends runs that take too long. Sleeps while there are none.
    private static func watch(_ queue: JQQueue, _ slots: [JQSlot], _ limit: Duration) {
        let pause = limit / 4
        while queue.isWatchNeeded() {
            let (seconds, attoseconds) = pause.components
            var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
            nanosleep(&time, nil)
            let moment = ContinuousClock.now - limit
            for slot in slots { slot.interrupt(begunBefore: moment) }
        }
    }
}
