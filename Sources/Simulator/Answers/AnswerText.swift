/// Prose without a meaning.
enum AnswerText {
    private static let vocabulary = """
        the a water river gate flows slowly towards wheel and turns it every morning while stones rest under bright \
        sky until rain returns from distant hills where old mills still grind grain for quiet villages below
        """.split(separator: " ").map(String.init)

    /// So many words, separated by blanks.
    static func words(_ count: Int, _ dice: Dice) -> String {
        let dice = dice.dice(for: .words)
        return (0..<count).map { vocabulary[dice.number(below: vocabulary.count, at: $0)] }.joined(separator: " ")
    }
}
