package import Penstock
import Threads

/// Makes every call in a process of its own: a request that crashes whoever makes its call then takes nobody else along,
/// and it is known for sure that it did.
package struct IsolatedCaller: ProviderCaller {
    private let program: ChildSpecification

    /// - Parameter program: takes a `CallOrder` from its standard input and writes a `CallReportRecord` to its standard
    ///   output, as `CallChild` does.
    package init(program: ChildSpecification) {
        self.program = program
    }

    package func call(_ target: Target, endpoint: Endpoint, body: [UInt8], within timeout: Duration) async
        -> CallReport
    {
        let order = CallOrder(target: target.name, endpoint: endpoint, timeout: timeout, body: body)
        do {
            let conversation = try CallConversation(with: program)
            return await withTaskCancellationHandler {
                verdict(await conversation.hold(order.encode()))
            } onCancel: {
                conversation.abort()
            }
        } catch {
            return notMade("A process for the call could not be started: \(error)")
        }
    }

    private func verdict(_ end: CallConversation.End) -> CallReport {
        if end.wasAborted { return failed(.callerCancelled, "The call was ended by Penstock.") }
        switch end.exit {
        case .signalled(let signal):
            return failed(.penstockPoison, "The process that made this call alone was ended by signal \(signal).")
        case .exited(0):
            do {
                return try CallReportRecord.decode(end.output)
            } catch {
                return failed(.penstockOutcomeUnknown, "The process that made the call told nothing that can be read.")
            }
        case .exited(let code):
            return notMade("The process that was to make the call ended with code \(code).")
        }
    }

    private func failed(_ errorClass: ErrorClass, _ message: String) -> CallReport {
        CallReport(.failed(CallFailure(error: JobError(errorClass, message), mayHaveBeenSent: true)))
    }

    private func notMade(_ message: String) -> CallReport {
        let error = JobError(.penstockOutcomeUnknown, message)
        return CallReport(.failed(CallFailure(error: error, mayHaveBeenSent: false)))
    }
}
