import Penstock

/// The secret text of an API key: how it is made, and the hash under which the ledger knows it.
package enum APIKeySecret {
    /// `psk_` and 48 hexadecimal digits.
    package static func mint() -> String { "psk_" + IDGenerator.secret(bytes: 24) }

    /// SHA-256, hexadecimal.
    package static func hash(_ secret: String) -> String { hexadecimalSHA256(secret.utf8) }
}
