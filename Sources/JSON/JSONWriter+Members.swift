/// A key and its value in one call: `member` writes null for nil, `memberIfPresent` leaves the member out.
extension JSONWriter {
    /// Writes a string member, or null.
    package mutating func member(_ key: String, _ value: String?) {
        self.key(key)
        if let value { string(value) } else { null() }
    }

    /// Writes an integer member, or null.
    package mutating func member(_ key: String, _ value: Int64?) {
        self.key(key)
        if let value { int(value) } else { null() }
    }

    /// Writes an integer member, or null.
    package mutating func member(_ key: String, _ value: Int?) {
        self.key(key)
        if let value { int(value) } else { null() }
    }

    /// Writes a boolean member, or null.
    package mutating func member(_ key: String, _ value: Bool?) {
        self.key(key)
        if let value { bool(value) } else { null() }
    }

    /// Writes a string member unless it is nil.
    package mutating func memberIfPresent(_ key: String, _ value: String?) {
        if let value { member(key, value) }
    }

    /// Writes an integer member unless it is nil.
    package mutating func memberIfPresent(_ key: String, _ value: Int64?) {
        if let value { member(key, value) }
    }

    /// Writes an integer member unless it is nil.
    package mutating func memberIfPresent(_ key: String, _ value: Int?) {
        if let value { member(key, value) }
    }

    /// Writes a boolean member unless it is nil.
    package mutating func memberIfPresent(_ key: String, _ value: Bool?) {
        if let value { member(key, value) }
    }
}
