import CoreMetrics
import Glibc
import Logging
import NIOCore
import Telemetry

/// Stops accepting for a moment when there are no descriptors left. Without it the loop would try again and again: the
/// listener stays readable.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// Others concern the one connection that was to be accepted.
    private static let shortages = [EMFILE, ENFILE, ENOBUFS, ENOMEM]
    private static let pause = TimeAmount.milliseconds(200)

    private let metrics: ConnectionMetrics
    private let logger: Logger
    private let throttle = Throttle()

    init(metrics: ConnectionMetrics, logger: Logger) {
        self.metrics = metrics
        self.logger = logger
    }

    /// Makes a listener pause.
    static func add(to listener: any Channel, metrics: ConnectionMetrics, logger: Logger) async {
        do {
            try await listener.eventLoop.submit {
                let handler = AcceptPause(metrics: metrics, logger: logger)
                try listener.pipeline.syncOperations.addHandler(handler, position: .first)
            }.get()
        } catch {
            logger.info("the listener was closed before it was used", error: error)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? IOError, Self.shortages.contains(error.errnoCode) {
            metrics.starved.increment()
            if let count = throttle.note() {
                logger.error("no connection can be accepted", [.count: .integer(count)], error: error)
            }
            stop(context.channel)
        }
        context.fireErrorCaught(error)
    }

    private func stop(_ listener: any Channel) {
        guard let options = listener.syncOptions else { return }
        do {
            try options.setOption(.autoRead, value: false)
        } catch {
            return  // closed meanwhile
        }
        listener.eventLoop.scheduleTask(in: Self.pause) {
            // Fails when it was closed meanwhile.
            try? listener.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
