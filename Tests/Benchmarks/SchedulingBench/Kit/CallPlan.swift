import Penstock

/// What a job's call will really use, and when it was handed in; it travels as the job's body, for the scheduler does
/// not look at bodies.
struct CallPlan: Sendable {
    var input: Int
    var output: Int
    /// Nanoseconds of the monotonic clock at the enqueue.
    var stamp: Int64 = 0
    /// When the answer must be there, where this is not the job's own deadline; 0 for none.
    var due: Int64 = 0

    var tokens: Int { input + output }

    var body: JobBody { .inline(Array("\(input) \(output) \(stamp) \(due)".utf8)) }

    init(input: Int, output: Int, stamp: Int64 = 0, due: Int64 = 0) {
        self.input = input
        self.output = output
        self.stamp = stamp
        self.due = due
    }

    /// - Parameter tokens: a fifth of them are the answer.
    init(tokens: Double) {
        let total = max(2, Int(tokens.rounded()))
        output = max(1, total / 5)
        input = total - output
    }

    init(of job: Job) throws {
        guard case .inline(let bytes) = job.body else { throw BenchError("a job came without its plan") }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int64($0) }
        guard words.count == 4 else { throw BenchError("a job came with another's plan") }
        self.init(input: Int(words[0]), output: Int(words[1]), stamp: words[2], due: words[3])
    }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
