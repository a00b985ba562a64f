/// What a `penstockd` process does.
package enum Role: String, Sendable, CaseIterable {
    case intake, scheduler, worker, simulator
}
