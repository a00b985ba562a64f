import Glibc

/// The system's time of day. The one place that asks for it: where NIO's C modules are loaded too, Swift may take
/// `timespec` for theirs and refuse its fields.
package enum SystemTime {
    /// Milliseconds since 1970.
    package static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
