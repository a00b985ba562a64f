package import Penstock

/// Things that tests need in passing.
package enum Samples {
    package static func target(_ name: String = "t1", price: TokenPrice? = nil, timeout: Duration = .seconds(30))
        -> Target
    {
        Target(
            name: name,
            provider: "openai",
            baseURL: "http://127.0.0.1:1/v1",
            apiKey: nil,
            model: nil,
            limitGroups: [],
            maxConcurrency: nil,
            timeout: timeout,
            price: price
        )
    }

    package static func pool(_ name: String = "small", target: Target = Samples.target()) -> Pool {
        Pool(
            name: PoolName(name),
            targets: [target],
            limitGroups: [],
            classWeights: Pool.defaultClassWeights
        )
    }

    /// Of a job that says nothing else.
    package static let body = Array(#"{"model":"gpt-small"}"#.utf8)

    package static func job(
        _ id: String,
        tenant: String = "acme",
        deadline: Timestamp,
        createdAt: Timestamp = Timestamp(milliseconds: 0),
        durability: Durability = .redis,
        body: JobBody = .inline(body)
    ) -> Job {
        Job(
            id: JobID(id),
            tenant: TenantID(trusted: tenant),
            jobClass: .standard,
            deadline: deadline,
            createdAt: createdAt,
            endpoint: .chatCompletions,
            model: "gpt-small",
            estimate: TokenEstimate(input: 10, output: 20),
            durability: durability,
            body: body
        )
    }
}
