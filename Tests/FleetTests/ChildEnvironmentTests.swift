import Testing

@testable import Fleet

@Suite struct ChildEnvironmentTests {
    @Test func whatIsWithheldIsNotInherited() {
        let child = ChildSpecification(
            name: "intake",
            executable: "/x",
            arguments: [],
            environment: ["PORT": "2"],
            withheld: ["CANARY"],
            stopOrder: 0,
            grace: .seconds(1)
        )
        let environment = ChildEnvironment.of(
            child,
            inheriting: ["CANARY=sk-secret", "CANARY_2=b", "PORT=1", "HOME=/"]
        )
        #expect(environment.filter { !$0.hasPrefix("PENSTOCK_") } == ["CANARY_2=b", "HOME=/", "PORT=2"])
    }
}
