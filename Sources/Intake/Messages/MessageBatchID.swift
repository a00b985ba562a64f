import Penstock

/// The name of a batch in Anthropic's dialect: `msgbatch_…` where the native one is `batch_…`.
enum MessageBatchID {
    private static let prefix = "msgbatch_"

    static func text(of id: BatchID) -> String { prefix + id.suffix }

    /// - Returns: an id that no batch has for a text that is none.
    static func parse(_ text: String) -> BatchID {
        text.hasPrefix(prefix) ? BatchID("batch_" + text.dropFirst(prefix.count)) : BatchID("")
    }
}
