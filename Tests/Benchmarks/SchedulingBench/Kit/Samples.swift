import Glibc
import JSON
import Penstock

/// Where scenarios leave what the picture is drawn from; nowhere when no folder was named.
struct Samples: Sendable {
    let folder: String?

    /// Writes sums per bin of `width` seconds: of all calls, and of each tenant.
    func write(_ name: String, _ starts: [Journal.Start], width: Double, until end: Double, perMinute: Int) throws {
        guard let folder else { return }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("name", name)
            writer.key("bin_seconds")
            writer.number(text: "\(width)")
            writer.member("tokens_per_minute", perMinute)
            writer.key("tenants")
            writer.object { writer in
                for tenant in Set(starts.map(\.tenant.text)).sorted() {
                    writer.key(tenant)
                    writer.array { writer in
                        let mine = starts.filter { $0.tenant.text == tenant }
                        for sum in mine.bins(width, until: end, \.tokens) { writer.int(sum) }
                    }
                }
            }
        }
        try Self.save(writer.bytes, to: "\(folder)/\(name).json")
    }

    private static func save(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "w") else { throw BenchError("\(path) cannot be written: error \(errno)") }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw BenchError("\(path) is cut off") }
    }
}
