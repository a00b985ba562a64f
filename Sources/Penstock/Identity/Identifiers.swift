/// Who work is accounted to: the fairness key. Comes from the API key, never from a request's body.
package struct TenantID: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    /// A tenant name that is already known to be valid: from the ledger or from our own keys.
    package init(trusted text: String) {
        self.text = text
    }

    /// - Returns: nil unless `text` is 1 to 64 characters of `a-z`, `0-9`, `_` and `-`: names stand in Redis members
    ///   and metric labels, where other characters would need escaping.
    package init?(_ text: String) {
        guard Self.isValid(text) else { return nil }
        self.text = text
    }

    package var description: String { text }

    private static func isValid(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }
}

/// The public name of a job: `job_…` for a single job, `batch_req_…_LINE` for a line of a batch.
package struct JobID: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// The id of a batch's line: derived, so that feeding a line twice names the same job.
    package init(batch: BatchID, line: Int) {
        text = "batch_req_\(batch.suffix)_\(line)"
    }

    package var description: String { text }

    /// The pool epoch a single job's id was minted in, or nil for a batch line or a foreign id.
    package var epoch: PoolEpoch? {
        let prefix = "job_"
        guard text.hasPrefix(prefix), text.utf8.count == prefix.utf8.count + PoolEpoch.length + IDGenerator.length
        else { return nil }
        return PoolEpoch(String(text.dropFirst(prefix.count).prefix(PoolEpoch.length)))
    }
}

/// The public name of a batch: `batch_…`.
package struct BatchID: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }

    /// The part after `batch_`.
    package var suffix: Substring { text.hasPrefix("batch_") ? text.dropFirst(6) : text[...] }
}

/// The public name of a file: `file-…`.
package struct FileID: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }
}

extension FileID {
    /// The file that shows one kind of a batch's rows: derived, so that making it twice makes one.
    package init(_ kind: RowKind, of batch: BatchID) {
        text = "file-\(kind.mark)\(batch.suffix)"
    }

    /// What the file shows, if its name says so.
    package var view: (batch: BatchID, kind: RowKind)? {
        guard text.utf8.count == 6 + IDGenerator.length,
            let kind = RowKind.allCases.first(where: { text.hasPrefix("file-\($0.mark)") })
        else { return nil }
        return (BatchID("batch_\(text.dropFirst(6))"), kind)
    }
}

extension RowKind {
    fileprivate var mark: String {
        switch self {
        case .output: "o"
        case .errors: "e"
        }
    }
}

/// One provider call, and the token of the lease under which it is made: 128 random bits in hexadecimal.
package struct AttemptID: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }
}

/// The name of a pool, from the settings.
package struct PoolName: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }
}

/// The incarnation of a pool's queue: minted when its Redis keys are first made, gone when they are.
///
/// It is part of every single job's id, so a job that went with its queue is told apart from one that never was.
package struct PoolEpoch: Sendable, Hashable, CustomStringConvertible {
    /// Characters of an epoch's text.
    package static let length = 6
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }
}

/// The name under which one worker process consumes.
package struct ConsumerName: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }
}
