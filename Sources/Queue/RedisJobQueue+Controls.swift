package import Penstock

extension RedisJobQueue {
    package func admit(_ job: Job, _ terms: AdmissionTerms) async throws -> Admission { throw UnexpectedReply() }
    package func change(_ jobs: [JobID], _ change: JobChange) async throws -> Int { throw UnexpectedReply() }
    package func setPaused(_ isPaused: Bool, linesOf batch: BatchID, after cursor: String?, limit: Int) async throws
        -> String?
    { throw UnexpectedReply() }
    package func setControls(_ controls: PoolControls) async throws { throw UnexpectedReply() }
    package func resume(target: String) async throws { throw UnexpectedReply() }
    package func overview(tenants: Int) async throws -> PoolOverview { throw UnexpectedReply() }
    package func experience() async throws -> PoolExperience { throw UnexpectedReply() }
    package func waitForJobs(timeout: Duration) async throws { throw UnexpectedReply() }
}
