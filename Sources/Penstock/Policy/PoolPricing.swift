extension Pool {
    /// Whether what a call of the pool will have cost is known, whatever target makes it.
    package var isPriced: Bool { !targets.isEmpty && targets.allSatisfy { $0.price != nil } }
}
