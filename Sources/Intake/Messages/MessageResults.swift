import HTTPTypes
import Hummingbird
import NIOCore
import Penstock

/// `GET /v1/messages/batches/{id}/results`: streams how each request ended as fast as the client takes it.
struct MessageResults {
    let ledger: any BatchLedger

    /// - Throws: 429 or 503 when too much is being sent already.
    func response(_ batch: BatchID, _ context: AuthenticatedContext) throws -> Response {
        let budget = try PieceBudget(for: context, bytes: ResultPages.pageBytes)
        let body = ResponseBody { [ledger] writer in
            for kind in RowKind.allCases {
                var pages = ResultPages(of: batch, kind, from: ledger, budget: budget, write: MessageResultLine.write)
                while let page = try await pages.next() { try await writer.write(page) }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-jsonl"], body: body)
    }
}
