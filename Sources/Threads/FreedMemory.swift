import CThreads

/// Memory that was freed and that the allocator keeps for later.
package enum FreedMemory {
    private static let large: Int32 = 1 << 20
    private static let atTheEnd: Int32 = 1 << 20

    /// At the start of a process: buffers of 1 MiB and more go back to the system as soon as they are freed, and of all
    /// else at most 1 MiB is kept at the end of each thread's heap.
    package static func prepare() { penstock_return_large_memory(large, atTheEnd) }

    /// Bytes that are kept.
    package static var bytes: Int { Int(penstock_kept_memory()) }

    /// Gives them back to the system; takes milliseconds, in which allocations of other threads may wait.
    package static func giveBack() { malloc_trim(0) }
}
