import Glibc

/// What the kernel knows about this process, read when asked.
enum ProcessMetrics {
    /// Adds the standard `process_…` metrics; one that the kernel does not tell is left out.
    static func write(to text: inout PrometheusText) {
        add("process_cpu_seconds_total", .counter, ProcessCPU.seconds(), to: &text)
        add("process_open_fds", .gauge, openDescriptors(), to: &text)
        add("process_resident_memory_bytes", .gauge, residentBytes(), to: &text)
        add("process_start_time_seconds", .gauge, startTime, to: &text)
    }

    /// The 22nd field of `/proc/self/stat`, clock ticks from boot to the start of the process. The second field is the
    /// program's name in parentheses and may hold blanks and parentheses itself.
    static func startTicks(stat: String) -> Double? {
        guard let nameEnd = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: nameEnd)...].split(separator: " ")
        return fields.count > 19 ? Double(fields[19]) : nil
    }

    /// The `btime` line of `/proc/stat`: seconds from 1970 to boot.
    static func bootTime(stat: String) -> Double? {
        let line = stat.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst("btime ".count)) }
    }

    /// The second field of `/proc/self/statm`.
    static func residentPages(statm: String) -> Double? {
        let fields = statm.split(separator: " ")
        return fields.count > 1 ? Double(fields[1]) : nil
    }

    private static func add(_ name: String, _ kind: MetricKind, _ value: Double?, to text: inout PrometheusText) {
        guard let value else { return }
        text.type(name, kind)
        text.sample(name, "", PrometheusText.number(value))
    }

    /// Does not change: read once.
    private static let startTime: Double? = {
        guard let ticks = read("/proc/self/stat").flatMap(startTicks), let boot = read("/proc/stat").flatMap(bootTime)
        else { return nil }
        return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }()

    private static func residentBytes() -> Double? {
        read("/proc/self/statm").flatMap(residentPages).map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) }
    }

    private static func openDescriptors() -> Double? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Not counted: the two dot entries and the descriptor of the listing itself.
        return Double(count - 3)
    }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
            bytes += chunk[..<count]
        }
    }
}
