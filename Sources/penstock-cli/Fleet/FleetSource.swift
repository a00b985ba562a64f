import JSON

/// Where looks at the fleet come from.
struct FleetSource: Sendable {
    let api: API

    /// The fleet as the server shows it.
    ///
    /// - Throws: `CLIError.local` when the server is older and knows none.
    func object() async throws -> JSONValue {
        guard let object = try await objectIfKnown() else {
            throw CLIError.local("the server at \(api.address.text) is older and does not tell of its workers")
        }
        return object
    }

    /// - Returns: nil when the server is older and knows no fleet.
    func objectIfKnown() async throws -> JSONValue? {
        do {
            return try await api.get("/v1/admin/fleet").root
        } catch CLIError.server(let failure) where failure.status == 404 {
            return nil
        }
    }

    func look() async throws -> FleetView { try FleetView(try await object()) }

    /// A look beside another one, which it must not spoil: asks once, waits for little and never fails.
    ///
    /// - Parameter pool: shows only the sets that serve it; nil for all.
    func glance(serving pool: ConfiguredName?) async -> FleetGlance {
        do {
            guard let object = try await FleetSource(api: api.brief).objectIfKnown() else { return FleetGlance() }
            let sets = try FleetView(object).sets
            let shown = pool.map { pool in sets.filter { $0.pools.contains(pool.text) } }
            return FleetGlance(object: object, sets: shown ?? sets)
        } catch let error as CLIError {
            return FleetGlance(trouble: String(error.text.prefix { $0 != "\n" }))
        } catch {
            return FleetGlance(trouble: "\(error)")
        }
    }
}

/// What can be told of the workers beside something else; nothing where the server is older.
struct FleetGlance: Sendable {
    /// As the server shows it; nil when unknown.
    var object: JSONValue?
    var sets: [WorkerSetView] = []
    /// Why it is unknown.
    var trouble: String?

    /// A line for each set, or what kept us from seeing them.
    func lines(colour: Bool) -> [String] {
        guard let trouble else { return sets.map { WorkerSetReport(set: $0).headline(colour: colour) } }
        return [Style.paint("WORKERS  not known now: \(trouble)".printable, .caution, colour: colour)]
    }
}
