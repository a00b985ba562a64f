/// What became of an outcome that was to wait for the ledger in the queue.
package enum SpoolAnswer: String, Sendable {
    /// It waits there. The lease is to be settled, or the job retried, as if the ledger had taken it.
    case kept
    /// There is no room; nothing changed.
    case full
    /// The lease is no longer held; nothing changed.
    case lost
}

/// An outcome that waits for the ledger, and the queue's own name for it.
package struct SpooledCompletion: Sendable {
    package var entry: String
    package var completion: Completion

    package init(entry: String, completion: Completion) {
        self.entry = entry
        self.completion = completion
    }
}

/// Some of the outcomes that wait; `cursor` is nil on the last page.
package struct SpoolPage: Sendable {
    package var entries: [SpooledCompletion]
    /// Entries that cannot be read; they stay.
    package var damaged: Int
    package var cursor: String?

    package init(entries: [SpooledCompletion], damaged: Int, cursor: String?) {
        self.entries = entries
        self.damaged = damaged
        self.cursor = cursor
    }
}
