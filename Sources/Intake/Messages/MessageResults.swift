import HTTPTypes
import Hummingbird
import NIOCore
import Penstock

/// `GET /v1/messages/batches/{id}/results`: streams how each request ended as fast as the client takes it.
struct MessageResults {
    let ledger: any BatchLedger

    func response(_ batch: BatchID) -> Response {
        let body = ResponseBody { [ledger] writer in
            for kind in RowKind.allCases {
                var pages = ResultPages(of: batch, kind, from: ledger, write: MessageResultLine.write)
                while let page = try await pages.next() { try await writer.write(page) }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-jsonl"], body: body)
    }
}
