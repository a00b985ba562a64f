/// A way in which a call goes wrong.
enum Fault: Sendable, Equatable {
    /// An error answer with this status, in the provider's words.
    case status(Int)
    /// 400: the input is longer than the model's context.
    case contextLength
    /// 429 that waiting does not help: the account has no money left.
    case insufficientQuota
    /// 200 with JSON that ends too early.
    case malformed
    /// The connection is reset without an answer.
    case reset
    /// Never answered.
    case hang
}

extension FaultRates {
    /// What happens to the `occurrence`-th call (from 1) with the body behind `dice`; nil when nothing goes wrong.
    func fault(_ dice: Dice, occurrence: Int) -> Fault? {
        var throwLeft = dice.dice(for: .fault, occurrence).number(below: 1000)
        let table: [(Int, Fault)] = [
            (error500, .status(500)), (error503, .status(503)), (reset, .reset), (hang, .hang), (malformed, .malformed),
        ]
        for (rate, fault) in table {
            if throwLeft < rate { return fault }
            throwLeft -= rate
        }
        return nil
    }
}
