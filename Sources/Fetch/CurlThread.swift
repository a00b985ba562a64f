import CCurl
import Glibc

/// The operating system thread on which all of curl runs.
enum CurlThread {
    /// Once per process, thread-safe by being lazy.
    private static let globalInit = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    /// What has to happen before the first handle is made.
    ///
    /// - Throws: `other`.
    static func prepare() throws(FetchError) {
        guard globalInit == CURLE_OK else { throw FetchError(.other, "curl_global_init failed") }
    }

    /// Hands `loop` to a new thread, which owns it until its inbox is closed. The caller must not keep it.
    ///
    /// - Throws: `other` if the process is out of threads.
    static func run(_ loop: CurlLoop) throws(FetchError) {
        let owned = Unmanaged.passRetained(loop)
        var thread = pthread_t()
        let failure = pthread_create(&thread, nil, { CurlThread.main($0) }, owned.toOpaque())
        guard failure == 0 else {
            owned.release()
            throw FetchError(.other, "pthread_create failed, errno \(failure)")
        }
        pthread_detach(thread)
    }

    private static func main(_ owned: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let owned else { return nil }
        ccurl_name_thread("fetch")
        blockSignals()
        let inbox = runAndRelease(Unmanaged<CurlLoop>.fromOpaque(owned).takeRetainedValue())
        inbox.end()
        return nil
    }

    private static func runAndRelease(_ loop: consuming CurlLoop) -> LoopInbox {
        loop.run()
        return loop.inbox
    }

    /// Signals belong to other threads; a SIGPIPE from a TLS write must not end the process.
    private static func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
    }
}
