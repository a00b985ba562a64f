import Glibc

/// How many connections a process can have before it runs out of descriptors.
enum DescriptorLimit {
    /// For what is opened later: Redis, the ledger, tries of webhooks, the operations port, refusals.
    static let reserve = 96
    private static let least = 16
    private static let most = 10_000

    /// - Parameters:
    ///   - limit: descriptors that the process may have.
    ///   - open: those that it has.
    static func connections(limit: Int, open: Int) -> Int { min(max(limit - open - reserve, least), most) }

    /// For this process, as it is now.
    static var connections: Int {
        var limit = rlimit()
        // What cannot fail for want of rights; where it does all the same, the least is safe.
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return least }
        return connections(limit: Int(clamping: limit.rlim_cur), open: open)
    }

    private static var open: Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            if entry.pointee.d_name.0 != UInt8(ascii: ".") { count += 1 }
        }
        return count
    }
}
