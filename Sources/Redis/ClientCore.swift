import Logging
import NIOCore

/// The effects of a client: carries out what `ClientStateMachine` decides. Confined to its event loop.
final class ClientCore {
    private let connector: Connector
    private let eventLoop: any EventLoop
    private let counters: RedisCounters
    private let logger: Logger
    private let timer: DeadlineTimer
    private var machine: ClientStateMachine<RequestPromise>
    private var current: RedisChannelHandler?
    /// Connections that were replaced and still owe replies.
    private var retired: [RedisChannelHandler] = []

    init(connector: Connector, eventLoop: any EventLoop, counters: RedisCounters, logger: Logger) {
        let configuration = connector.configuration
        self.connector = connector
        self.eventLoop = eventLoop
        self.counters = counters
        self.logger = logger
        self.timer = DeadlineTimer(eventLoop: eventLoop)
        self.machine = ClientStateMachine(
            backoff: configuration.backoff,
            maximumWaiting: configuration.maximumWaitingCommands
        )
        timer.onFire = { [weak self] now in self?.expireWaiting(now) }
    }

    func receive(_ batch: RequestInbox.Batch) {
        var ready: [Request<RequestPromise>] = []
        for request in batch.requests {
            switch machine.submit(request) {
            case .write: ready.append(request)
            case .wait: timer.watch(request.deadline)
            case .connect:
                timer.watch(request.deadline)
                connect()
            case .refuse(let error): request.promise?.fail(error)
            }
        }
        current?.send(ready)
        for id in batch.cancelled { cancel(id) }
    }

    /// Ends all waiting and the current connection; the client's other connections are closed by `OpenLinks`.
    func close() {
        timer.cancel()
        for promise in machine.close() { promise.fail(.shutDown) }
        current?.close(.shutDown)
    }

    private func cancel(_ id: UInt64) {
        if let promise = machine.cancel(id) { return promise.fail(.cancelled) }
        current?.cancel(id)
        for handler in retired { handler.cancel(id) }
    }

    private func expireWaiting(_ now: NIODeadline) -> NIODeadline? {
        let cause = machine.lastFailure.map { "; last attempt: \($0.message)" } ?? ""
        for promise in machine.expire(at: now) {
            promise.fail(RedisError(.timeout, "no connection to \(connector.configuration.address) in time\(cause)"))
        }
        return machine.earliestDeadline
    }

    // MARK: Connection

    private func connect() {
        connector.connect(on: eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let link): self.opened(link.handler.value)
            case .failure(let error): self.connectFailed(error)
            }
        }
    }

    private func opened(_ handler: RedisChannelHandler) {
        guard let requests = machine.connected(at: .now()) else { return handler.close(.shutDown) }
        current = handler
        counters.connectionOpened()
        logger.debug("Redis connected", metadata: metadata())
        handler.onDemotion = { [weak self, weak handler] in self?.demoted(handler) }
        handler.whenClosed { [weak self, weak handler] reason in self?.closed(handler, reason) }
        current?.send(requests)
    }

    private func connectFailed(_ error: any Error) {
        let error = error as? RedisError ?? RedisError(.connectFailed, "\(error)")
        guard let retry = machine.connectFailed(error, at: .now(), random: .random(in: 0..<1)) else { return }
        for promise in retry.refused { promise.fail(error) }
        schedule(retry, because: error)
    }

    private func closed(_ handler: RedisChannelHandler?, _ reason: RedisError) {
        retired.removeAll { $0 === handler }
        if handler === current { replaceCurrent(because: reason) }
    }

    private func demoted(_ handler: RedisChannelHandler?) {
        guard let handler, handler === current else { return }
        retired.append(handler)
        replaceCurrent(because: RedisError(.disconnected, "the server is a read-only replica now"))
        handler.retire()
    }

    private func replaceCurrent(because reason: RedisError) {
        current = nil
        counters.connectionLost()
        guard let retry = machine.connectionLost(at: .now(), random: .random(in: 0..<1)) else { return }
        schedule(retry, because: reason)
    }

    private func schedule(_ retry: ClientStateMachine<RequestPromise>.Retry, because reason: RedisError) {
        let level = retry.isFirst ? Logger.Level.warning : .debug
        logger.log(level: level, "Redis not connected, trying again", metadata: metadata(reason))
        eventLoop.assumeIsolated().scheduleTask(deadline: .after(retry.delay)) {
            if self.machine.retry() { self.connect() }
        }
    }

    private func metadata(_ error: RedisError? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["redis.address": "\(connector.configuration.address)"]
        if let error { metadata["redis.error"] = "\(error)" }
        return metadata
    }
}
