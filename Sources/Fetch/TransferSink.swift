/// Receives what the curl thread got for one exchange and hands it to one task. Called on the curl thread only, in the
/// order head, bytes, end; calls nothing of curl.
protocol TransferSink: AnyObject, Sendable {
    /// The final status and headers.
    func receive(head: ResponseHead)
    /// Body bytes, to be copied out. False: there is no room, the same bytes are offered again after a resume.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool
    /// The end; the last call, exactly once.
    func finish(_ result: Result<FetchTiming, FetchError>)
}
