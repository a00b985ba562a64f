import Glibc

/// Runs the named scenarios, or all: the light ones side by side, then the others one after the other.
///
/// Usage: SchedulingBench [--samples FOLDER] [NAME…]
func runBench() async throws -> Bool {
    var names = Array(CommandLine.arguments.dropFirst())
    var folder: String?
    if names.first == "--samples", names.count > 1 {
        folder = names[1]
        names.removeFirst(2)
    }
    let known = Set(Scenario.all.map(\.name))
    if let stranger = names.first(where: { !known.contains($0) }) {
        throw BenchError("no scenario \(stranger); there are \(Scenario.all.map(\.name).joined(separator: ", "))")
    }
    let chosen = Scenario.all.filter { names.isEmpty || names.contains($0.name) }
    let samples = Samples(folder: folder)
    var holds = true
    try await withThrowingTaskGroup(of: [Figures].self) { group in
        for scenario in chosen where scenario.isLight { group.addTask { try await scenario.run(samples) } }
        for try await found in group { holds = report(found) && holds }
    }
    for scenario in chosen where !scenario.isLight { holds = report(try await scenario.run(samples)) && holds }
    return holds
}

/// Prints the lines; whether all their bars hold.
func report(_ found: [Figures]) -> Bool {
    for figures in found {
        print(figures.line)
        fflush(nil)
    }
    return found.allSatisfy(\.holds)
}

// Away from the main actor, on which all of it would queue up.
let outcome = await Task.detached { () -> Int32 in
    do {
        return try await runBench() ? 0 : 1
    } catch {
        let words = "SchedulingBench: \(error)\n"
        write(STDERR_FILENO, words, words.utf8.count)
        return 70
    }
}.value
exit(outcome)
