import JSON

/// Asks the server step by step and tells what each answer means.
struct Examination {
    let api: API
    let tell: (Finding) throws -> Void

    /// - Throws: when the server cannot be reached, is none, or refuses the key: nothing else can be told then.
    func run() async throws {
        try await server()
        try await models()
        let endpoints = try await api.list("/v1/webhook_endpoints", limit: ListLimit.allowed.upperBound)
        try Diagnosis.ofEndpoints(endpoints).forEach(tell)
        try await pools()
    }

    private func server() async throws {
        let answer = try await api.get("/")
        guard answer.root.text("name") == "penstock" else {
            throw CLIError.unexpectedAnswer("\(api.address.text) answers, but not as Penstock")
        }
        let version = answer.root.text("version") ?? "?"
        try tell(Finding(grade: .good, text: "Penstock \(version) answers at \(api.address.text)"))
        try tell(Diagnosis.ofClock(server: answer.date.flatMap { HTTPDate.unixSeconds($0) }, local: TimeText.now))
    }

    private func models() async throws {
        let models = try await api.get("/v1/models").list()
        try tell(Finding(grade: .good, text: "the API key is valid"))
        try tell(Diagnosis.ofModels(models))
    }

    /// Pools, and their workers where the server tells of them.
    private func pools() async throws {
        do {
            try Diagnosis.ofPools(try await api.get("/v1/admin/pools").list()).forEach(tell)
            guard let fleet = try await FleetSource(api: api).objectIfKnown() else { return }
            try Diagnosis.ofFleet(try FleetView(fleet)).forEach(tell)
        } catch CLIError.server(let failure) where failure.status == 403 {
            let text = "pools, workers and targets were not looked at"
            try tell(Finding(grade: .caution, text: text, advice: "That needs an admin's key."))
        }
    }
}
