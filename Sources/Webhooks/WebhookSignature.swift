import Crypto
import Penstock

/// Signatures of Standard Webhooks v1: HMAC-SHA256 over `id.timestamp.body`.
enum WebhookSignature {
    /// The header `webhook-signature`: one `v1,BASE64` per secret, separated by spaces.
    ///
    /// - Returns: nil when one of `secrets` is not one, or there is none.
    static func header(id: String, timestamp: Int64, body: [UInt8], secrets: [Secret]) -> String? {
        let text = Array("\(id).\(timestamp).".utf8) + body
        let signatures = secrets.map { secret in WebhookSecret.key(of: secret).map { sign(text, with: $0) } }
        guard !signatures.isEmpty, signatures.allSatisfy({ $0 != nil }) else { return nil }
        return signatures.compactMap { $0 }.joined(separator: " ")
    }

    private static func sign(_ text: [UInt8], with key: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: key))
        return "v1," + Base64.text(of: Array(code))
    }
}
