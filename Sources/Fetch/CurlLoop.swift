import CCurl
import Glibc
import Logging

/// Drives one curl multi handle: takes commands, waits for sockets and timers, reports ends.
///
/// Handed to its thread before its first use and confined to it; others reach it through the inbox.
final class CurlLoop {
    let configuration: FetchConfiguration
    let inbox: LoopInbox
    let logger: Logger
    let multi: UnsafeMutableRawPointer
    let poller: Poller
    var pool: EasyPool
    var transfers: [UInt64: Transfer] = [:]
    var idle = IdleSweep()
    /// When curl wants to be called for its own timers; monotonic nanoseconds.
    private var curlDeadline: UInt64?

    /// - Throws: `other` if the process is out of descriptors or memory.
    init(configuration: FetchConfiguration, inbox: LoopInbox, logger: Logger) throws(FetchError) {
        self.configuration = configuration
        self.inbox = inbox
        self.logger = logger
        pool = EasyPool(bufferSize: configuration.bufferSize)
        poller = try Poller()
        guard poller.watch(inbox.descriptor, for: CURL_POLL_IN) else {
            throw FetchError(.other, "epoll_ctl failed, errno \(errno)")
        }
        guard let multi = curl_multi_init() else { throw FetchError(.other, "curl_multi_init failed") }
        self.multi = multi
        try configure()
    }

    deinit {
        // Cleanup closes connections and would call back into an object that is going away.
        ccurl_multi_set_socket_callback(multi, nil)
        ccurl_multi_set_timer_callback(multi, nil)
        curl_multi_cleanup(multi)
    }

    /// Runs until the inbox is closed; every transfer has ended then.
    func run() {
        while true {
            let events = wait()
            let batch = inbox.drain()
            guard !batch.isClosing else { return close(batch.commands) }
            batch.commands.forEach(execute)
            for event in events where event.descriptor != inbox.descriptor {
                act(on: event.descriptor, event.bits)
            }
            runTimers()
            reportEnds()
            sweepIdle()
        }
    }

    private func configure() throws(FetchError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        let results = [
            ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maxConnections),
            ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maxConnectionsPerHost),
            ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX)),
            // Curl calls these two only from inside calls that `self` makes.
            ccurl_multi_set_socket_callback(multi, Self.socketChanged),
            ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, context),
            ccurl_multi_set_timer_callback(multi, Self.timerChanged),
            ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, context),
        ]
        if let failure = results.first(where: { $0 != CURLM_OK }) {
            throw FetchError(.other, String(cString: curl_multi_strerror(failure)))
        }
    }

    private func wait() -> [Poller.Event] {
        let deadline = [curlDeadline, idle.next].compactMap { $0 }.min()
        if let events = poller.wait(milliseconds: LoopTime.milliseconds(until: deadline, now: Monotonic.now())) {
            return events
        }
        // Only a descriptor that someone else closed gets here: no transfer could ever end.
        logger.critical("fetch loop cannot wait, closing", metadata: ["error": "errno \(errno)"])
        inbox.close()
        return []
    }

    private func act(on descriptor: Int32, _ bits: Int32) {
        var running: Int32 = 0
        let code = curl_multi_socket_action(multi, descriptor, bits, &running)
        if code != CURLM_OK {
            logger.error("curl refused an event", metadata: ["error": "\(String(cString: curl_multi_strerror(code)))"])
        }
    }

    private func runTimers() {
        guard let due = curlDeadline, due <= Monotonic.now() else { return }
        // Curl sets the next one from inside the call.
        curlDeadline = nil
        act(on: CURL_SOCKET_BAD, 0)
    }

    private static let socketChanged: curl_socket_callback = { _, descriptor, what, context, _ in
        let loop = Unmanaged<CurlLoop>.fromOpaque(context!).takeUnretainedValue()
        if what == CURL_POLL_REMOVE {
            loop.poller.forget(descriptor)
        } else if !loop.poller.watch(descriptor, for: what) {
            // Its transfer ends by timeout. Reporting the failure to curl would end all transfers.
            loop.logger.error("fetch loop cannot watch a socket", metadata: ["error": "errno \(errno)"])
        }
        return 0
    }

    private static let timerChanged: curl_multi_timer_callback = { _, milliseconds, context in
        let loop = Unmanaged<CurlLoop>.fromOpaque(context!).takeUnretainedValue()
        loop.curlDeadline = milliseconds < 0 ? nil : Monotonic.now() + UInt64(milliseconds) * 1_000_000
        return 0
    }
}

/// Conversions of the loop's clock. Pure.
enum LoopTime {
    /// What to wait for a deadline, for epoll: -1 for ever; rounded up so that the deadline has passed afterwards.
    static func milliseconds(until deadline: UInt64?, now: UInt64) -> Int32 {
        guard let deadline else { return -1 }
        guard deadline > now else { return 0 }
        return Int32(clamping: (deadline - now - 1) / 1_000_000 + 1)
    }

    /// Nanoseconds of a duration, at least 0.
    static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        // A century at most: sums with the clock cannot overflow.
        return UInt64(min(seconds, 3_155_760_000)) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
