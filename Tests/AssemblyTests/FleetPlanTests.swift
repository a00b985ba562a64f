import Fleet
import Testing

@testable import Assembly

@Suite struct FleetPlanTests {
    private func plan(_ yaml: String) throws -> [ChildSpecification] {
        let settings = try Settings(yaml: yaml, environment: [:], secrets: nil)
        return FleetPlan.children(settings, executable: "/x", settingsFile: "s.yaml")
    }

    @Test func oneOfEachByDefault() throws {
        let children = try plan("")
        #expect(children.map(\.name) == ["intake", "scheduler", "worker", "courier"])
        #expect(children.allSatisfy { $0.arguments == [$0.name, "--settings", "s.yaml"] })
    }

    @Test func everyChildHasItsOwnOperationsPort() throws {
        let counts = "worker: {processes: 3}, scheduler: {processes: 2}, webhooks: {couriers: 2}"
        let children = try plan("{\(counts), simulator: {enabled: true}}")
        #expect(
            children.map(\.name) == [
                "intake", "scheduler-1", "scheduler-2", "worker-1", "worker-2", "worker-3", "courier-1", "courier-2",
                "simulator",
            ]
        )
        #expect(
            children.map { $0.environment["PENSTOCK_OPERATIONS_PORT"] } == [
                "9100", "9110", "9111", "9120", "9121", "9122", "9191", "9192", "9190",
            ]
        )
    }

    @Test func workIsNoLongerTakenInBeforeTheRestStops() throws {
        let children = try plan("{simulator: {enabled: true}}")
        #expect(children.map(\.stopOrder) == [0, 1, 2, 3, 3])
    }

    @Test func aFleetMayDoWithoutCouriers() throws {
        #expect(try plan("{webhooks: {couriers: 0}}").map(\.name) == ["intake", "scheduler", "worker"])
    }

    @Test func anyPortStaysAnyPort() throws {
        #expect(try plan("{operations: {port: 0}}").allSatisfy { $0.environment["PENSTOCK_OPERATIONS_PORT"] == "0" })
    }
}
