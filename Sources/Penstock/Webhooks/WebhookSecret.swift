/// The text of a signing secret: `whsec_` and base 64 of the key, as the Standard Webhooks specification writes it.
package enum WebhookSecret {
    private static let prefix = "whsec_"
    private static let keyBytes = 24...64
    private static let mintedBytes = 32

    /// What a secret may be, to complete "must be …".
    package static let allowed =
        "\(prefix) followed by base 64 of \(keyBytes.lowerBound) to \(keyBytes.upperBound) bytes"

    /// A new secret, from the system's secure generator.
    package static func mint() -> Secret {
        var generator = SystemRandomNumberGenerator()
        let key = (0..<mintedBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return Secret(prefix + Base64.text(of: key))
    }

    /// The key that signs; nil when `secret` is not one.
    package static func key(of secret: Secret) -> [UInt8]? {
        guard secret.revealed.hasPrefix(prefix),
            let key = Base64.bytes(of: String(secret.revealed.dropFirst(prefix.count))), keyBytes.contains(key.count)
        else { return nil }
        return key
    }

    /// Enough of a secret to recognize it by, not to use it: `whsec_…Ab3=`.
    package static func hint(of secret: Secret) -> String { "\(prefix)…\(secret.revealed.suffix(4))" }
}
