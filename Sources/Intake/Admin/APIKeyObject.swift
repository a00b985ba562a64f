import JSON
import Penstock

/// An API key as admins see it.
enum APIKeyObject {
    /// - Parameter secret: the key itself, shown once.
    static func write(_ key: APIKeyRecord, secret: String?, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", key.id)
            writer.member("object", "api_key")
            writer.memberIfPresent("key", secret)
            writer.member("tenant", key.tenant.text)
            writer.member("name", key.name)
            writer.member("admin", key.isAdmin)
            writer.key("classes")
            writer.array { writer in
                for jobClass in JobClass.allCases where key.classes.contains(jobClass) {
                    writer.string(jobClass.rawValue)
                }
            }
            writer.member("created_at", key.createdAt.seconds)
            writer.member("revoked_at", key.revokedAt?.seconds)
        }
    }
}
