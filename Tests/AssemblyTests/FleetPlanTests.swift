import Fleet
import Penstock
import Testing

@testable import Assembly

@Suite struct FleetPlanTests {
    private func plan(_ yaml: String) throws -> FleetPlan {
        let settings = try Settings(yaml: yaml, environment: [:], secrets: nil)
        return FleetPlan(settings, program: ThisProgram(executable: "/x", settingsFile: "s.yaml"))
    }

    @Test func oneOfEachByDefault() throws {
        let children = try plan("").children
        #expect(children.map(\.name) == ["intake", "scheduler", "courier"])
        #expect(children.allSatisfy { $0.arguments == [$0.name, "--settings", "s.yaml"] })
    }

    @Test func everyChildHasItsOwnOperationsPort() throws {
        let counts = "scheduler: {processes: 2}, webhooks: {couriers: 2}"
        let plan = try plan("{\(counts), simulator: {enabled: true}}")
        let children = plan.children + [1, 2, 70, 71].map { plan.worker(of: .all, place: $0) }
        #expect(
            children.map(\.name) == [
                "intake", "scheduler-1", "scheduler-2", "courier-1", "courier-2", "simulator", "worker-1", "worker-2",
                "worker-70", "worker-71",
            ]
        )
        #expect(
            children.map { $0.environment["PENSTOCK_OPERATIONS_PORT"] } == [
                "9100", "9110", "9111", "9191", "9192", "9190", "9120", "9121", "9189", "0",
            ]
        )
        #expect(plan.operationsPort == 9101)
    }

    @Test func onlyWorkersGetTheTargetsCredentials() throws {
        let plan = try plan(
            """
            simulator: {enabled: true}
            pools:
              mini:
                targets:
                  one: {base_url: "https://a.example/v1", api_key_env: CANARY}
                  two: {base_url: "https://b.example/v1", api_key_env: PENSTOCK_OTHER}
            """
        )
        #expect(plan.children.allSatisfy { $0.withheld == ["CANARY"] })
        #expect(plan.worker(of: .all, place: 1).withheld.isEmpty)
    }

    @Test func aWorkerOfAPoolServesThatPoolAlone() throws {
        let worker = try plan("").worker(of: WorkerSetName("mini"), place: 3)
        #expect(worker.name == "worker-mini-3")
        #expect(worker.arguments == ["worker", "--settings", "s.yaml", "--pool", "mini"])
    }

    @Test func workIsNoLongerTakenInBeforeTheRestStops() throws {
        let plan = try plan("{simulator: {enabled: true}}")
        let children = plan.children + [plan.worker(of: .all, place: 1)]
        #expect(children.map(\.stopOrder) == [0, 1, 3, 3, 2])
    }

    @Test func intakeIsNeverAwayForLong() throws {
        let longest = try plan("").children.map(\.restarts.longestDelay)
        #expect(longest == [.seconds(5), .seconds(30), .seconds(30)])
    }

    @Test func aFleetMayDoWithoutCouriers() throws {
        #expect(try plan("{webhooks: {couriers: 0}}").children.map(\.name) == ["intake", "scheduler"])
    }

    @Test func anyPortStaysAnyPort() throws {
        let plan = try plan("{operations: {port: 0}}")
        let children = plan.children + [plan.worker(of: .all, place: 1)]
        #expect(children.allSatisfy { $0.environment["PENSTOCK_OPERATIONS_PORT"] == "0" })
        #expect(plan.operationsPort == 0)
    }
}
