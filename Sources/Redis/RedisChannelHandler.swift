import NIOCore

/// The socket side of one connection: writes requests, matches replies, watches time. Confined to its event loop.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let ping = RedisCommand("PING").frame
    /// Frames from this size on are not copied into the common buffer.
    private static let separateFrameSize = 16 * 1024

    private let reader: ReplyReader
    private let timer: DeadlineTimer
    private let keepAliveInterval: Duration
    private var pending = PendingReplies<RequestPromise>()
    private var keepAlive = KeepAlive()
    private var keepAliveTask: Scheduled<Void>?
    private var context: ChannelHandlerContext?
    private var closeReason: RedisError?
    private var isRetiring = false

    /// Called once, when nothing more will come.
    var onClose: ((RedisError) -> Void)?
    /// The server turned out to be a replica.
    var onDemotion: (() -> Void)?
    /// When set, what the server sends answers no request: the connection is in subscriber mode.
    var onPush: ((RedisValue) -> Void)?

    init(eventLoop: any EventLoop, keepAliveInterval: Duration) throws(ReplyReader.Failure) {
        self.reader = try ReplyReader()
        self.timer = DeadlineTimer(eventLoop: eventLoop)
        self.keepAliveInterval = keepAliveInterval
    }

    /// Writes the requests with one flush; fails them at once when the connection is gone or they are late already.
    func send(_ requests: [Request<RequestPromise>]) {
        let now = NIODeadline.now()
        var accepted: [ByteBuffer] = []
        accepted.reserveCapacity(requests.count)
        for request in requests {
            if let closeReason {
                request.promise?.fail(closeReason.with(mayHaveRun: false))
            } else if request.deadline <= now {
                request.promise?.fail(RedisError(.timeout, "the time was up before the command was written"))
            } else {
                pending.append(request)
                timer.watch(request.deadline)
                accepted.append(request.frames)
            }
        }
        write(accepted)
    }

    /// Writes what is not answered one by one.
    func write(_ frames: [ByteBuffer]) {
        guard let context, !frames.isEmpty else { return }
        for buffer in Self.coalesce(frames) { context.write(wrapOutboundOut(buffer), promise: nil) }
        context.flush()
    }

    /// Lets go the caller of a written request. Its replies are still awaited.
    func cancel(_ id: UInt64) {
        pending.cancel(id)?.fail(RedisError.cancelled.with(mayHaveRun: true))
    }

    /// Closes the connection as soon as nothing is owed any more.
    func retire() {
        isRetiring = true
        closeIfRetired()
    }

    /// Fails all that is owed, tells the owner, and closes the socket. Only the first reason counts.
    func close(_ reason: RedisError) {
        guard closeReason == nil else { return }
        closeReason = reason
        keepAliveTask?.cancel()
        timer.cancel()
        for (promise, isLate) in pending.removeAll(at: .now()) {
            promise.fail(
                isLate ? RedisError(.timeout, "no reply in time", mayHaveRun: true) : reason.with(mayHaveRun: true)
            )
        }
        let onClose = self.onClose
        (self.onClose, self.onDemotion, self.onPush) = (nil, nil, nil)
        onClose?(reason)
        context?.close(promise: nil)
    }

    /// Calls `body` when the connection closes, at once if it is closed already.
    func whenClosed(_ body: @escaping (RedisError) -> Void) {
        if let closeReason { body(closeReason) } else { onClose = body }
    }

    // MARK: Events of the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer.onFire = { [weak self] now in self?.deadlineReached(now) }
    }

    func channelActive(context: ChannelHandlerContext) {
        // Not before: a PING must not get ahead of the credentials, which are written right after this event.
        scheduleKeepAlive(context.eventLoop)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        close(RedisError(.disconnected, "the connection was never established"))
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(RedisError(.disconnected, "the server closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(RedisError(.disconnected, "\(error)"))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        keepAlive.received()
        do throws(ReplyReader.Failure) {
            try reader.feed(unwrapInboundIn(data))
            while closeReason == nil, let value = try reader.next() { receive(value) }
        } catch {
            close(RedisError(.invalidReply, error.message))
        }
    }

    private func receive(_ value: RedisValue) {
        if let onPush { return onPush(value) }
        switch pending.receive(value) {
        case .partial: break
        case .complete(let promise, let replies): promise?.succeed(replies)
        case .unexpected: return close(Self.unexpected(value))
        }
        if value.error?.isDemotion == true { onDemotion?() }
        closeIfRetired()
    }

    private func closeIfRetired() {
        if isRetiring, pending.isEmpty { close(RedisError(.disconnected, "the connection was replaced")) }
    }

    // MARK: Time

    private func deadlineReached(_ now: NIODeadline) -> NIODeadline? {
        guard let earliest = pending.earliestDeadline else { return nil }
        if earliest > now { return earliest }
        close(RedisError(.disconnected, "closed, because an earlier command got no reply in time"))
        return nil
    }

    private func scheduleKeepAlive(_ eventLoop: any EventLoop) {
        keepAliveTask = eventLoop.assumeIsolated().scheduleTask(deadline: .after(keepAliveInterval)) { [weak self] in
            self?.keepAliveTick()
        }
    }

    private func keepAliveTick() {
        switch keepAlive.tick(isBusy: !pending.isEmpty) {
        case .none: break
        case .ping: sendPing()
        case .giveUp: return close(RedisError(.disconnected, "no sign of life from the server"))
        }
        if let context { scheduleKeepAlive(context.eventLoop) }
    }

    private func sendPing() {
        guard onPush == nil else { return write([Self.ping]) }
        send([Request(id: 0, frames: Self.ping, replyCount: 1, deadline: .distantFuture, promise: nil)])
    }

    // MARK: Pure parts

    /// Joins small frames, so that one turn of the loop is one `write`, or one `writev` with large frames uncopied.
    static func coalesce(_ frames: [ByteBuffer]) -> [ByteBuffer] {
        guard frames.count > 1 else { return frames }
        var result: [ByteBuffer] = []
        var joined = ByteBuffer()
        for frame in frames {
            if frame.readableBytes < separateFrameSize {
                joined.writeImmutableBuffer(frame)
                continue
            }
            if joined.readableBytes > 0 { result.append(joined) }
            joined = ByteBuffer()
            result.append(frame)
        }
        if joined.readableBytes > 0 { result.append(joined) }
        return result
    }

    private static func unexpected(_ value: RedisValue) -> RedisError {
        if let error = value.error { return RedisError(.disconnected, error.description, serverError: error) }
        return RedisError(.invalidReply, "a reply that no command asked for")
    }
}
