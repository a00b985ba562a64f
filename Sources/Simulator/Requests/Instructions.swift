import JSON

/// What a request asks the simulator to do: markers such as `[simulate:500]`, anywhere in the body (the prompt,
/// `user`, `metadata`), several if wanted.
///
/// | marker | the call |
/// |---|---|
/// | `[simulate:500]`, any status from 400 to 599 | is answered so; `429` asks to come back after a second |
/// | `[simulate:context_length]` | is answered 400 `context_length_exceeded` |
/// | `[simulate:insufficient_quota]` | is answered 429 `insufficient_quota` |
/// | `[simulate:malformed]` | is answered 200 with JSON that ends too early |
/// | `[simulate:reset]` | ends with a reset connection |
/// | `[simulate:hang]` | is never answered |
/// | `[simulate:once=X]`, X one of the above | does X the first time this body is seen, then succeeds |
/// | `[simulate:latency=2000]` | takes 2,000 ms, whatever the configuration says |
/// | `[simulate:tag=NAME]` | is counted under NAME in the statistics |
///
/// On `/v1/messages` errors are Anthropic's: 503 becomes 529, `insufficient_quota` a 400 about the credit balance.
///
/// A request without a marker for faults fails at the configured rates; one with any such marker only as it says.
struct Instructions: Sendable, Equatable {
    var fault: Fault?
    var firstFault: Fault?
    var latency: Duration?
    var tag: String?

    /// - Throws: the first marker that means nothing, so that a typing error is not taken for a success.
    init(findingIn body: ArraySlice<UInt8>) throws(UnknownMarker) {
        var rest = body
        while let marker = Self.nextMarker(in: &rest) {
            try follow(marker)
        }
    }

    /// Whether the request itself says how it fails.
    var decideFaults: Bool { fault != nil || firstFault != nil }

    /// The fault that the request asks for when its body is seen for the `occurrence`-th time, from 1.
    func fault(occurrence: Int) -> Fault? {
        (occurrence == 1 ? firstFault : nil) ?? fault
    }

    private mutating func follow(_ marker: String) throws(UnknownMarker) {
        let parts = marker.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count == 2 ? parts[1] : nil) {
        case ("tag", let name?) where (1...64).contains(name.utf8.count): tag = name
        case ("latency", let text?):
            guard let milliseconds = Int(text), (0...3_600_000).contains(milliseconds) else {
                throw .init(text: marker)
            }
            latency = .milliseconds(milliseconds)
        case ("once", let text?):
            guard let fault = Fault(text) else { throw .init(text: marker) }
            firstFault = fault
        case (let text, nil):
            guard let fault = Fault(text) else { throw .init(text: marker) }
            self.fault = fault
        default: throw .init(text: marker)
        }
    }

    /// The text between the next `[simulate:` and its `]`; `rest` moves behind it.
    private static func nextMarker(in rest: inout ArraySlice<UInt8>) -> String? {
        let opening = Array("[simulate:".utf8)
        while let start = rest.firstIndex(of: opening[0]) {
            rest = rest[start...]
            guard rest.starts(with: opening) else {
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst(opening.count)
            guard let end = rest.prefix(128).firstIndex(of: UInt8(ascii: "]")) else { continue }
            defer { rest = rest[(end + 1)...] }
            return String(decoding: rest[..<end], as: UTF8.self)
        }
        return nil
    }
}

/// A `[simulate:…]` that the simulator does not know.
struct UnknownMarker: Error, Equatable {
    let text: String
}

extension Fault {
    /// The fault that a marker names.
    init?(_ name: String) {
        switch name {
        case "context_length": self = .contextLength
        case "insufficient_quota": self = .insufficientQuota
        case "malformed": self = .malformed
        case "reset": self = .reset
        case "hang": self = .hang
        default:
            guard let status = Int(name), (400...599).contains(status) else { return nil }
            self = .status(status)
        }
    }
}
