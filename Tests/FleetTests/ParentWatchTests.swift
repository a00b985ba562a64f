import Glibc
import Synchronization
import Testing

@testable import Fleet

@Suite(.timeLimit(.minutes(1))) struct ParentWatchTests {
    private enum Event {
        case parentGone(at: ContinuousClock.Instant)
        case exit(at: ContinuousClock.Instant)
    }

    /// Watches the read end of a new pipe; hands out the write end and what happens, in order.
    private func watch(grace: Duration) throws -> (writeEnd: CInt, events: AsyncStream<Event>) {
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let (events, sink) = AsyncStream<Event>.makeStream()
        try ParentWatch.watch(ends[0], grace: grace, exit: { sink.yield(.exit(at: .now)) }) {
            sink.yield(.parentGone(at: .now))
        }
        return (ends[1], events)
    }

    @Test func theEndOfThePipeBeginsTheGraceAndItsEndTheExit() async throws {
        let (writeEnd, events) = try watch(grace: .milliseconds(50))
        var iterator = events.makeAsyncIterator()
        close(writeEnd)
        guard case .parentGone(let begin)? = await iterator.next(), case .exit(let end)? = await iterator.next() else {
            Issue.record("not in this order")
            return
        }
        #expect(end - begin >= .milliseconds(50))
    }

    @Test func whatIsWrittenDoesNotCount() async throws {
        let (writeEnd, events) = try watch(grace: .zero)
        for _ in 0..<100 { #expect(write(writeEnd, "hello", 5) == 5) }
        // All has been read: a watch that took it for the end would have told, or be about to.
        var waiting: CInt = 1
        while waiting > 0 { try #require(ioctl(writeEnd, UInt(FIONREAD), &waiting) == 0) }
        let isOpen = Mutex(true)
        let toldWhileOpen = Task { () -> Bool in
            _ = await events.first { _ in true }
            return isOpen.withLock { $0 }
        }
        try await Task.sleep(for: .milliseconds(50))
        isOpen.withLock { $0 = false }
        close(writeEnd)
        #expect(await !toldWhileOpen.value)
    }

    @Test func withoutASupervisorNothingIsWatched() throws {
        try #require(getenv("PENSTOCK_SUPERVISED") == nil)
        // Standard input of a test run may have ended already: then a watch would end this process.
        try ParentWatch.start(grace: .zero) { Issue.record("not supervised") }
    }
}
