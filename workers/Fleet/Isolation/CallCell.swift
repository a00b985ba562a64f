import Glibc
import Penstock
import Synchronization
import Threads

/// One process for suspects, and the calls that it makes. It ends when it has none left.
final class CallCell: Sendable {
    /// What became of a call.
    enum End: Sendable, Equatable {
        case answered([UInt8])
        /// The process ended before it had answered, while it made so many calls.
        case ended(ProcessExit, calls: Int)
        /// The process said what cannot be understood, and was ended.
        case garbled
        /// Penstock took the call back.
        case aborted
    }

    private enum Call {
        /// Has its place and is not ordered yet.
        case reserved
        case ordered(CheckedContinuation<End, Never>)
    }

    private struct State {
        var calls: [Int: Call] = [:]
        var nextCall = 1
        var outbox: [CallFrame] = []
        /// Takes no more calls.
        var isClosed = false
        /// From then on its number may be another process's.
        var isReaped = false
    }

    /// Calls at once.
    let most: Int
    private let process: SpawnedProcess
    private let output: CInt
    private let state = Mutex(State())
    /// Posted for every frame in the outbox, and at the end.
    private let mail = Semaphore()

    /// Starts the process.
    init(with program: ChildSpecification, most: Int) throws(SystemCallError) {
        self.most = most
        process = try SpawnedProcess.start(program, readingOutput: true)
        guard let output = process.output else { throw SystemCallError(call: "pipe", code: EBADF) }
        self.output = output
        // Both block: a process that is stopped must not hold up tasks.
        do {
            try OwnThread.start { self.receiveAll() }
        } catch {
            process.killGroup()
            _ = process.reap()
            throw error
        }
        do {
            try OwnThread.start { self.sendAll() }
        } catch {
            state.withLock { close(&$0) }
            throw error
        }
    }

    /// Whether it takes another call.
    var hasPlace: Bool { state.withLock { !$0.isClosed && $0.calls.count < most } }

    /// Whether it takes no more calls.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Makes a call and waits for its end.
    ///
    /// - Returns: nil when the cell has no place.
    func call(_ order: [UInt8]) async -> End? {
        guard let number = reserve() else { return nil }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { begin(number, order, $0) }
        } onCancel: {
            abort(number)
        }
    }

    private func reserve() -> Int? {
        state.withLock { state in
            guard !state.isClosed, state.calls.count < most else { return nil }
            defer { state.nextCall += 1 }
            state.calls[state.nextCall] = .reserved
            return state.nextCall
        }
    }

    private func begin(_ number: Int, _ order: [UInt8], _ continuation: CheckedContinuation<End, Never>) {
        let isOrdered = state.withLock { state in
            guard state.calls[number] != nil else { return false }
            state.calls[number] = .ordered(continuation)
            state.outbox.append(CallFrame(call: number, bytes: order))
            return true
        }
        if isOrdered { mail.post() } else { continuation.resume(returning: .aborted) }
    }

    private func abort(_ number: Int) {
        guard finish(number, .aborted) else { return }
        // Without an order it is taken back.
        state.withLock { $0.outbox.append(CallFrame(call: number, bytes: [])) }
        mail.post()
    }

    /// - Returns: false when the call is gone already.
    @discardableResult
    private func finish(_ number: Int, _ end: End) -> Bool {
        let call = state.withLock { state in
            let call = state.calls.removeValue(forKey: number)
            if call != nil, state.calls.isEmpty { close(&state) }
            return call
        }
        if case .ordered(let continuation) = call { continuation.resume(returning: end) }
        return call != nil
    }

    private func close(_ state: inout State) {
        state.isClosed = true
        if !state.isReaped { process.killGroup() }
    }

    private func sendAll() {
        while true {
            mail.wait()
            let frame = state.withLock { $0.outbox.isEmpty ? nil : $0.outbox.removeFirst() }
            // The process does not read any more: it has ended, or the cell has.
            guard let frame, PipeIO.write(frame.encoded, to: process.lifeline) else { return }
        }
    }

    private func receiveAll() {
        var isGarbled = false
        do {
            while let frame = try CallFrame.read(from: output) { finish(frame.call, .answered(frame.bytes)) }
        } catch {
            isGarbled = true
            state.withLock { close(&$0) }
        }
        process.awaitEnd()
        let (exit, left) = state.withLock { state in
            state.isClosed = true
            state.isReaped = true
            state.outbox = []
            defer { state.calls = [:] }
            return (process.reap(), state.calls)
        }
        mail.post()
        for case .ordered(let continuation) in left.values {
            continuation.resume(returning: isGarbled ? .garbled : .ended(exit, calls: left.count))
        }
    }
}
