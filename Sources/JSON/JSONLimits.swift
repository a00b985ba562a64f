/// Bounds on what a scanner accepts.
///
/// They bound memory as well: besides the bytes themselves a document keeps 16 bytes per value, and the densest input
/// (`[0,0,0,…]`) has one value per two bytes.
package struct JSONLimits: Hashable, Sendable {
    /// How many arrays and objects may be open at once; 0 allows scalars only.
    package let maxDepth: Int

    /// How many bytes the input may have, whitespace included.
    package let maxBytes: Int

    /// Depth 64, 16 MiB.
    package static let standard = JSONLimits()

    /// - Parameters:
    ///   - maxDepth: nested arrays and objects; negative counts as 0.
    ///   - maxBytes: bytes of input; clamped to 0...4 GiB - 1, because positions are kept in 32 bits.
    package init(maxDepth: Int = 64, maxBytes: Int = 16 << 20) {
        self.maxDepth = max(maxDepth, 0)
        self.maxBytes = min(max(maxBytes, 0), Int(UInt32.max))
    }
}
