import Testing

@testable import Simulator

@Suite struct InstructionsTests {
    private func instructions(_ text: String) throws -> Instructions {
        try Instructions(findingIn: Array(text.utf8)[...])
    }

    @Test(arguments: [
        ("[simulate:500]", Fault.status(500)), ("[simulate:429]", .status(429)), ("[simulate:400]", .status(400)),
        ("[simulate:hang]", .hang), ("[simulate:reset]", .reset), ("[simulate:malformed]", .malformed),
        ("[simulate:context_length]", .contextLength), ("[simulate:insufficient_quota]", .insufficientQuota),
    ])
    func aMarkerForcesItsFault(marker: String, fault: Fault) throws {
        let found = try instructions(#"{"messages":[{"content":"before \#(marker) after"}]}"#)
        #expect(found.fault(occurrence: 1) == fault)
        #expect(found.fault(occurrence: 9) == fault)
        #expect(found.decideFaults)
    }

    @Test func onceFailsTheFirstTimeOnly() throws {
        let found = try instructions("[simulate:once=503]")
        #expect(found.fault(occurrence: 1) == .status(503))
        #expect(found.fault(occurrence: 2) == nil)
        #expect(found.decideFaults)
    }

    @Test func severalMarkersWorkTogether() throws {
        let found = try instructions("[[simulate:latency=2000][simulate:tag=a-b] x [simulate:once=reset]")
        #expect(found.latency == .seconds(2))
        #expect(found.tag == "a-b")
        #expect(found.fault(occurrence: 1) == .reset)
    }

    @Test func textWithoutMarkersAsksForNothing() throws {
        let found = try instructions("[simulat] [simulate 500] simulate:500] [")
        #expect(!found.decideFaults && found.latency == nil && found.tag == nil)
    }

    @Test(arguments: [
        "600", "200", "50O", "latency", "latency=-1", "latency=soon", "once", "once=fine", "tag=", "", "hang=1",
    ])
    func anUnknownMarkerIsRefused(marker: String) {
        #expect(throws: UnknownMarker(text: marker)) { try instructions("x [simulate:\(marker)] y") }
    }
}
