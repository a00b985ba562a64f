import NIOCore

/// Commands that one caller sent together, and what is owed to it.
///
/// `Promise` is what the caller waits on; the state machines only move it around.
struct Request<Promise> {
    /// Names the request when its caller is cancelled; 0 for requests of the client itself.
    let id: UInt64
    /// All commands, encoded one after the other.
    let frames: ByteBuffer
    /// Number of commands, hence of replies.
    let replyCount: Int
    /// When the caller stops waiting.
    let deadline: NIODeadline
    /// `nil` when nobody wants the replies.
    let promise: Promise?
}

extension Request: Sendable where Promise: Sendable {}

/// Who waits for a request: a task, or a future on the event loop.
enum RequestPromise: Sendable {
    case task(CheckedContinuation<Result<[RedisValue], RedisError>, Never>)
    case future(EventLoopPromise<[RedisValue]>)

    func succeed(_ replies: [RedisValue]) {
        switch self {
        case .task(let continuation): continuation.resume(returning: .success(replies))
        case .future(let promise): promise.succeed(replies)
        }
    }

    func fail(_ error: RedisError) {
        switch self {
        case .task(let continuation): continuation.resume(returning: .failure(error))
        case .future(let promise): promise.fail(error)
        }
    }
}

extension NIODeadline {
    private static let maximumDelay = Duration.seconds(100 * 365 * 86_400)

    /// `duration` from `start`, at once for negative durations; huge ones end in a hundred years.
    static func after(_ duration: Duration, from start: NIODeadline = .now()) -> NIODeadline {
        start + TimeAmount(min(max(duration, .zero), maximumDelay))
    }
}
