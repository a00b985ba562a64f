import Logging
import NIOCore

extension RedisClient {
    /// How one connection of a subscription ended.
    private struct End: Sendable {
        let reason: RedisError
        let wasConfirmed: Bool
    }

    /// Listens to channels on a connection of its own, and subscribes again whenever that is lost, until the calling
    /// task is cancelled; then it returns.
    ///
    /// Publish/subscribe keeps nothing for those who are away: check what the messages tell of in `onSubscribed`.
    /// - Parameters:
    ///   - onSubscribed: All channels are confirmed, for the first time or again. On an event loop: must not block.
    ///   - onMessage: Channel and payload, in order. On an event loop: must not block.
    /// - Throws: `.closed` after `shutdown`; what the server refused, if that is so from the start.
    package func subscribe(
        _ channels: [String],
        onSubscribed: @escaping @Sendable () -> Void,
        onMessage: @escaping @Sendable (String, [UInt8]) -> Void
    ) async throws(RedisError) {
        var policy = ReconnectPolicy(configuration.backoff)
        var hasWorked = false
        while !Task.isCancelled, !channels.isEmpty {
            let reason: RedisError
            do {
                let link = try await connector.connect(on: eventLoopGroup.next())
                policy.connected(at: .now())
                let subscription = Subscription(channels: channels, onSubscribed: onSubscribed, onMessage: onMessage)
                let end = await follow(subscription, on: link)
                hasWorked = hasWorked || end.wasConfirmed
                reason = end.reason
            } catch {
                reason = error
            }
            if reason.code == .cancelled { return }
            if reason.isFinal(hasWorked: hasWorked) { throw reason }
            log(reason, isFirst: policy.isFirstAttempt)
            let delay = policy.nextDelay(at: .now(), random: .random(in: 0..<1))
            // Fails only when the task is cancelled, which ends the loop.
            try? await Task.sleep(for: delay)
        }
    }

    /// Runs one connection until it closes.
    private func follow(_ subscription: sending Subscription, on link: RedisLink) async -> End {
        let eventLoop = link.channel.eventLoop
        let box = NIOLoopBoundBox.makeBoxSendingValue(subscription, eventLoop: eventLoop)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                eventLoop.execute {
                    let subscription = box.value
                    link.handler.value.whenClosed { reason in
                        continuation.resume(returning: End(reason: reason, wasConfirmed: subscription.isConfirmed))
                    }
                    subscription.start(on: link.handler.value)
                }
            }
        } onCancel: {
            link.close(.cancelled)
        }
    }

    private func log(_ reason: RedisError, isFirst: Bool) {
        logger.log(
            level: isFirst ? .warning : .debug,
            "Redis subscription lost, trying again",
            metadata: ["redis.address": "\(configuration.address)", "redis.error": "\(reason)"]
        )
    }
}

extension RedisError {
    /// Trying again is of no use: the client is closed, or the server refused a subscription that never worked.
    fileprivate func isFinal(hasWorked: Bool) -> Bool {
        switch code {
        case .closed: true
        case .server, .authenticationFailed: !hasWorked
        default: false
        }
    }
}
