/// Where values stand that jq must not touch, as a tree: `tools[].function.parameters`.
struct OpaquePaths: Sendable, Equatable {
    /// What stands at the end of a path.
    enum Form: Sendable, Equatable {
        /// The value itself.
        case value
        /// A string that holds the value as JSON text.
        case text
        /// The opposite: a number that the program compares, whose spelling may change.
        case plain
    }

    private(set) var form: Form?
    private(set) var members: [String: OpaquePaths] = [:]
    private var element: [OpaquePaths] = []

    /// What is opaque inside an array's elements.
    var elements: OpaquePaths? { element.first }

    /// - Parameter path: keys separated by dots, each followed by `[]` for every array it holds.
    /// - Returns: false when it is not such a path.
    mutating func add(_ path: String, _ form: Form) -> Bool {
        var steps: [String?] = []
        for part in path.split(separator: ".", omittingEmptySubsequences: false) {
            var key = part
            var arrays = 0
            while key.hasSuffix("[]") {
                key = key.dropLast(2)
                arrays += 1
            }
            guard !key.isEmpty, !key.contains("["), !key.contains("]") else { return false }
            steps.append(String(key))
            for _ in 0..<arrays { steps.append(nil) }
        }
        add(steps[...], form)
        return true
    }

    /// A nil step goes into an array's elements.
    private mutating func add(_ steps: ArraySlice<String?>, _ form: Form) {
        guard let step = steps.first else {
            self.form = form
            return
        }
        if let key = step {
            members[key, default: OpaquePaths()].add(steps.dropFirst(), form)
        } else {
            var inner = element.first ?? OpaquePaths()
            inner.add(steps.dropFirst(), form)
            element = [inner]
        }
    }
}
