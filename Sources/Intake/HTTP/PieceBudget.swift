import Penstock
import Synchronization

/// What a streamed answer holds of the budget: one piece at a time, until its client has taken it.
final class PieceBudget: Sendable {
    private let budget: ByteBudget
    private let tenant: TenantID
    private let holding: Mutex<ByteBudget.Holding?>

    /// - Parameter bytes: of an ordinary piece.
    /// - Throws: 429 or 503, before anything is sent.
    init(for context: AuthenticatedContext, bytes: Int) throws {
        budget = context.exchange.budget
        tenant = context.tenant
        holding = Mutex(try budget.take(bytes, for: context.tenant))
        context.exchange.streamsAnswer()
    }

    /// Counts the next piece in the place of the one before.
    ///
    /// - Throws: 429 or 503 when there is no room for it; then nothing is counted any more.
    func count(_ bytes: Int) throws {
        try holding.withLock { held in
            held = nil
            held = try budget.take(bytes, for: tenant)
        }
    }
}
