import Glibc

/// What this process has used of the processors.
package enum ProcessCPU {
    /// Seconds of user and system time since the process began, of all its threads; nil when the system does not tell.
    package static func seconds() -> Double? {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        return [usage.ru_utime, usage.ru_stime].map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }.reduce(0, +)
    }
}
