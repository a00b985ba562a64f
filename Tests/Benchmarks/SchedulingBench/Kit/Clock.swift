import Glibc
import Penstock

/// Nanoseconds of the monotonic clock.
func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Seconds since it was made.
struct Stopwatch: Sendable {
    private let began = nanoseconds()

    var seconds: Double { Double(nanoseconds() - began) / 1e9 }
}

extension Timestamp {
    static var present: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

extension Duration {
    static func fraction(_ seconds: Double) -> Duration { .microseconds(Int64(seconds * 1e6)) }
}
