import NIOCore

/// What the server sends in subscriber mode.
enum PushMessage: Equatable {
    case subscribed(channel: String)
    case message(channel: String, payload: [UInt8])
    case pong
    case error(RedisServerError)

    /// `nil` for what does not belong into this mode.
    init?(_ value: RedisValue) {
        if let error = value.error {
            self = .error(error)
            return
        }
        guard let parts = value.array, parts.count >= 2, let kind = parts[0].string else { return nil }
        switch (kind, parts[1].string) {
        case ("pong", _): self = .pong
        case ("subscribe", let channel?): self = .subscribed(channel: channel)
        case ("message", let channel?):
            guard parts.count == 3, let payload = parts[2].bytes else { return nil }
            self = .message(channel: channel, payload: payload)
        default: return nil
        }
    }
}

/// One connection in subscriber mode. Confined to its event loop.
final class Subscription {
    private var unconfirmed: Set<String>
    private let onSubscribed: @Sendable () -> Void
    private let onMessage: @Sendable (String, [UInt8]) -> Void

    init(
        channels: [String],
        onSubscribed: @escaping @Sendable () -> Void,
        onMessage: @escaping @Sendable (String, [UInt8]) -> Void
    ) {
        self.unconfirmed = Set(channels)
        self.onSubscribed = onSubscribed
        self.onMessage = onMessage
    }

    /// The server has confirmed all channels.
    var isConfirmed: Bool { unconfirmed.isEmpty }

    /// Turns the connection into a subscriber.
    func start(on handler: RedisChannelHandler) {
        handler.onPush = { [weak handler] value in
            if let failure = self.receive(value) { handler?.close(failure) }
        }
        handler.write([RedisCommand("SUBSCRIBE", arguments: Array(unconfirmed)).frame])
    }

    /// Returns why the connection has to be closed, if it has.
    private func receive(_ value: RedisValue) -> RedisError? {
        switch PushMessage(value) {
        case .message(let channel, let payload): onMessage(channel, payload)
        case .subscribed(let channel): confirm(channel)
        case .pong: break
        case .error(let error): return RedisError(server: error)
        case nil: return RedisError(.invalidReply, "not a message of a subscription")
        }
        return nil
    }

    private func confirm(_ channel: String) {
        guard unconfirmed.remove(channel) != nil else { return }
        if isConfirmed { onSubscribed() }
    }
}
