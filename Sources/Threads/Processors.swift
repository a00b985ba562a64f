import Glibc

/// How many processors this process may use: those that it may run on, and no more than a container's quota.
package enum Processors {
    /// At least 1. Read anew at every call: a container's quota can change.
    package static func usable() -> Int { usable(read: read) }

    /// - Parameter read: the text of a file, nil where there is none.
    static func usable(read: (String) -> String?) -> Int {
        let allowed = read("/proc/self/status").flatMap(allowed) ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let quota = quota(read: read) ?? Double(allowed)
        return max(1, min(allowed, Int(quota.rounded(.up))))
    }

    /// The bits of the line `Cpus_allowed:` of `/proc/self/status`, a hexadecimal mask.
    private static func allowed(status: String) -> Int? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") }
        guard let mask = line?.dropFirst("Cpus_allowed:".count) else { return nil }
        let bits = mask.compactMap(\.hexDigitValue).reduce(0) { $0 + $1.nonzeroBitCount }
        return bits > 0 ? bits : nil
    }

    /// The smallest quota of the process' control group and of those above it, in processors; nil without one.
    private static func quota(read: (String) -> String?) -> Double? {
        let lines = read("/proc/self/cgroup")?.split(separator: "\n") ?? []
        let quotas = lines.flatMap { line -> [Double] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { return [] }
            if fields[0] == "0", fields[1].isEmpty { return quotasOfVersion2(fields[2], read) }
            guard fields[1].split(separator: ",").contains("cpu") else { return [] }
            return quotasOfVersion1(fields[1], fields[2], read)
        }
        return quotas.min()
    }

    /// `cpu.max` is `max 100000`, or microseconds of every period: `150000 100000`.
    private static func quotasOfVersion2(_ path: String, _ read: (String) -> String?) -> [Double] {
        ancestors(of: path).compactMap { group in
            let fields = read("/sys/fs/cgroup\(group)/cpu.max")?.split { $0 == " " || $0 == "\n" } ?? []
            guard fields.count == 2, let quota = Double(fields[0]), let period = Double(fields[1]), period > 0 else {
                return nil
            }
            return quota / period
        }
    }

    private static func quotasOfVersion1(_ controllers: String, _ path: String, _ read: (String) -> String?)
        -> [Double]
    {
        ancestors(of: path).compactMap { group in
            let folder = "/sys/fs/cgroup/\(controllers)\(group)"
            guard let quota = read("\(folder)/cpu.cfs_quota_us").flatMap(number), quota > 0,
                let period = read("\(folder)/cpu.cfs_period_us").flatMap(number), period > 0
            else { return nil }
            return quota / period
        }
    }

    private static func number(_ text: String) -> Double? { text.split(separator: "\n").first.flatMap { Double($0) } }

    /// `/a/b` → `/a/b`, `/a` and the root, which is empty.
    private static func ancestors(of path: String) -> [String] {
        var parts = path.split(separator: "/").map(String.init)
        var found: [String] = []
        while !parts.isEmpty {
            found.append("/" + parts.joined(separator: "/"))
            parts.removeLast()
        }
        return found + [""]
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}
