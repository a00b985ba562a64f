import Penstock
import Telemetry
import Testing

@testable import Intake

struct ByteBudgetTests {
    private static let megabyte = 1 << 20
    private let acme = TenantID(trusted: "acme")
    private let other = TenantID(trusted: "other")
    private let third = TenantID(trusted: "third")
    private let budget = ByteBudget(total: 10 * megabyte, perTenant: 6 * megabyte)

    @Test func whatIsHeldIsCountedUntilNobodyKeepsIt() throws {
        var holdings = [try budget.take(2 * Self.megabyte, for: acme), try budget.take(Self.megabyte, for: other)]
        #expect(budget.inUse == 3 * Self.megabyte)
        holdings.removeFirst()
        #expect(budget.inUse == Self.megabyte)
        holdings.removeAll()
        #expect(budget.inUse == 0)
    }

    @Test func littleIsNotCounted() throws {
        #expect(try budget.take(ByteBudget.uncounted, for: acme) == nil)
        #expect(budget.force(ByteBudget.uncounted, for: acme) == nil)
        #expect(budget.inUse == 0)
    }

    @Test func aTenantHasItsShareAndAllTogetherTheWhole() throws {
        let first = try budget.take(5 * Self.megabyte, for: acme)
        #expect(refusal { try budget.take(2 * Self.megabyte, for: acme) } == .tenant)
        let second = try budget.take(4 * Self.megabyte, for: other)
        #expect(refusal { try budget.take(2 * Self.megabyte, for: third) } == .process)
        let last = try budget.take(Self.megabyte, for: third)
        #expect(budget.inUse == 10 * Self.megabyte)
        withExtendedLifetime((first, second, last)) {}
    }

    @Test func whoeverHoldsNothingMayHoldOneLargeThing() throws {
        let large = try budget.take(50 * Self.megabyte, for: acme)
        #expect(refusal { try budget.take(Self.megabyte, for: acme) } == .tenant)
        #expect(refusal { try budget.take(Self.megabyte, for: other) } == .process)
        withExtendedLifetime(large) {}
    }

    @Test func whatIsThereAnywayIsCounted() throws {
        let forced = budget.force(20 * Self.megabyte, for: acme)
        #expect(budget.inUse == 20 * Self.megabyte)
        #expect(refusal { try budget.take(Self.megabyte, for: other) } == .process)
        withExtendedLifetime(forced) {}
    }

    @Test func useAndRefusalsAreMetrics() throws {
        let registry = MetricsRegistry()
        let budget = ByteBudget(total: 4 * Self.megabyte, perTenant: 2 * Self.megabyte, factory: registry)
        let held = try budget.take(2 * Self.megabyte, for: acme)
        #expect(refusal { try budget.take(Self.megabyte, for: acme) } == .tenant)
        let lines = registry.prometheusText().split(separator: "\n")
        #expect(lines.contains("penstock_intake_bytes_in_flight 2097152"))
        #expect(lines.contains(#"penstock_intake_bytes_refused_total{reason="tenant"} 1"#))
        #expect(lines.contains(#"penstock_intake_bytes_refused_total{reason="process"} 0"#))
        withExtendedLifetime(held) {}
    }

    /// Which refusal the bytes meet; nil where they are granted.
    private func refusal(_ body: () throws -> ByteBudget.Holding?) -> ByteBudget.Shortage? {
        do {
            _ = try body()
            return nil
        } catch {
            return ByteBudget.Shortage.allCases.first { $0.refusal == error as? APIError }
        }
    }
}
