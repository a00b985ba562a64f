import JSON

/// Pauses and resumes one subject on the server.
struct Control {
    /// What may be paused.
    enum Subject: Equatable {
        case pool(ConfiguredName)
        case target(ConfiguredName)
        case tenant(ObjectID)
        case batch(ObjectID)

        /// As the commands' options name it.
        var kind: String {
            switch self {
            case .pool: "pool"
            case .target: "target"
            case .tenant: "tenant"
            case .batch: "batch"
            }
        }

        var name: String {
            switch self {
            case .pool(let name), .target(let name): name.text
            case .tenant(let id), .batch(let id): id.text
            }
        }
    }

    let api: API
    let subject: Subject
    let reason: String?

    /// Sets it and prints what holds now.
    func set(paused: Bool, json: Bool) async throws {
        let answer = try await send(paused: paused)
        if json { return try TextChannel.output.json(answer) }
        let why = answer.text("reason").map { ": \($0)" } ?? ""
        try TextChannel.output.line(
            "\(subject.kind) \(subject.name) is \(paused ? "paused" : "resumed")\(why)".printable
        )
        guard paused else { return }
        TextChannel.notes.note("What runs goes on. Next:\n  penstock resume --\(subject.kind) \(subject.name)")
    }

    private func send(paused: Bool) async throws -> JSONValue {
        let action = paused ? "pause" : "resume"
        switch subject {
        case .pool(let name):
            return try await api.post("/v1/admin/pools/\(name)/\(action)", body: body, isRepeatable: true).root
        case .target(let name):
            return try await api.post("/v1/admin/targets/\(name)/\(action)", body: body, isRepeatable: true).root
        case .batch(let id): return try await api.post("/v1/batches/\(id)/\(action)", isRepeatable: true).root
        case .tenant(let id):
            try await requireTenant(id)
            return try await api.put("/v1/admin/tenants/\(id)", body: Array(#"{"paused":\#(paused)}"#.utf8)).root
        }
    }

    private var body: [UInt8]? {
        guard let reason else { return nil }
        var writer = JSONWriter()
        writer.object { $0.member("reason", reason) }
        return writer.bytes
    }

    /// Setting a tenant that is new makes it: a misspelt name must not look like a pause.
    private func requireTenant(_ id: ObjectID) async throws {
        let tenants = try await api.get("/v1/admin/tenants").list()
        guard tenants.contains(where: { $0.text("id") == id.text }) else {
            throw CLIError.local("there is no tenant \(id); see penstock tenants list")
        }
    }
}
