import Threads

/// Gives memory back to the system that a burst of requests has left behind: else a process would stay about as large as
/// it ever was.
enum MemoryTrim {
    private static let interval = Duration.seconds(10)
    /// So much is worth the milliseconds that it takes.
    private static let worth = 2 << 20

    /// Looks now and then until it is cancelled.
    static func run() async {
        while !Task.isCancelled {
            // Cancelled at the end, which ends the loop.
            try? await Task.sleep(for: interval)
            if FreedMemory.bytes > worth { FreedMemory.giveBack() }
        }
    }
}
