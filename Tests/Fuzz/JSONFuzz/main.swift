import Foundation

// Usage: JSONFuzz [iterations] [seed]
let arguments = CommandLine.arguments.dropFirst().map { UInt64($0) }
guard arguments.count <= 2, let numbers = arguments as? [UInt64] else {
    FileHandle.standardError.write(Data("usage: JSONFuzz [iterations] [seed]\n".utf8))
    exit(64)
}
let iterations = Int(clamping: numbers.first ?? 100_000)
let seed = numbers.dropFirst().first ?? 1
let run = try FuzzRun(iterations: iterations, seed: seed)
for failure in run.failures.prefix(20) { FileHandle.standardError.write(Data((failure + "\n").utf8)) }
print("json-fuzz iterations=\(iterations) seed=\(seed) \(run.summary)")
exit(run.failures.isEmpty ? 0 : 1)
