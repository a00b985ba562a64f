package import Penstock
import Synchronization
import Threads

/// Makes the calls of suspects in processes of their own: a request that crashes whoever makes its call then takes few
/// others along, and when it was alone it is known for sure that it did.
package final class IsolatedCaller: SuspectCaller {
    private let program: ChildSpecification
    private let cells = Mutex<[CallCell]>([])

    /// - Parameter program: makes the calls that its standard input orders, as `CallChild` does.
    package init(program: ChildSpecification) {
        self.program = program
    }

    package func call(
        _ target: Target,
        endpoint: Endpoint,
        body: [UInt8],
        headers: ProviderHeaders,
        within timeout: Duration,
        amongAtMost most: Int
    ) async -> SuspectOutcome {
        let order = CallOrder(
            target: target.name,
            endpoint: endpoint,
            timeout: timeout,
            headers: headers,
            body: body
        ).encode()
        do {
            while true {
                // A cell that closed meanwhile is not found again.
                if let end = try await cell(amongAtMost: most).call(order) { return verdict(end) }
            }
        } catch {
            return notMade("A process for the call could not be started: \(error)")
        }
    }

    /// One that has a place, or a new one.
    private func cell(amongAtMost most: Int) throws(SystemCallError) -> CallCell {
        try cells.withLock { cells throws(SystemCallError) in
            cells.removeAll(where: \.isClosed)
            if let cell = cells.first(where: { $0.most == most && $0.hasPlace }) { return cell }
            let cell = try CallCell(with: program, most: most)
            cells.append(cell)
            return cell
        }
    }

    private func verdict(_ end: CallCell.End) -> SuspectOutcome {
        switch end {
        case .aborted: failed(.callerCancelled, "The call was ended by Penstock.")
        case .answered(let report): read(report)
        case .ended(.signalled(let signal), 1):
            failed(.penstockPoison, "The process that made this call alone was ended by signal \(signal).")
        case .ended(.signalled, let calls): .diedAmong(calls: calls)
        case .garbled, .ended(.exited(0), _):
            failed(.penstockOutcomeUnknown, "The process that made the call told nothing that can be read.")
        case .ended(.exited(let code), _):
            notMade("The process that was to make the call ended with code \(code).")
        }
    }

    private func read(_ report: [UInt8]) -> SuspectOutcome {
        do {
            return .reported(try CallReportRecord.decode(report))
        } catch {
            return failed(.penstockOutcomeUnknown, "The process that made the call told nothing that can be read.")
        }
    }

    private func failed(_ errorClass: ErrorClass, _ message: String) -> SuspectOutcome {
        .reported(CallReport(.failed(CallFailure(error: JobError(errorClass, message), mayHaveBeenSent: true))))
    }

    private func notMade(_ message: String) -> SuspectOutcome {
        let error = JobError(.penstockOutcomeUnknown, message)
        return .reported(CallReport(.failed(CallFailure(error: error, mayHaveBeenSent: false))))
    }
}
