import NIOCore
import NIOHTTP1

/// What Hummingbird leaves out between the bytes and its requests: clients of HTTP/1.0 get what they can read, and a
/// head that is none is refused in words.
final class WireRules: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// The requests whose answers are still to come: whether each is of a version before 1.1.
    private var pending: [Bool] = []

    /// Puts it before the codec that drops versions.
    static func add(to channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try pipeline.addHandler(WireRules(), position: .after(decoder))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        let isOld = head.version == .http1_0 || head.version == .http0_9
        pending.append(isOld)
        if isOld { Self.modernize(&head.headers) }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// A 1.1 client that says the same: it reads until the connection is closed and cannot be asked for its body.
    private static func modernize(_ headers: inout HTTPHeaders) {
        headers.replaceOrAdd(name: "Connection", value: "close")
        headers.remove(name: "Expect")
        if !headers.contains(name: "Host") { headers.add(name: "Host", value: "") }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), head.status.code >= 200 else {
            return context.write(data, promise: promise)
        }
        guard pending.isEmpty else {
            if pending.removeFirst() { head.version = .http1_0 }
            return context.write(wrapOutboundOut(.head(head)), promise: promise)
        }
        // Nothing was asked: Hummingbird tells, without words, that what came was no request.
        let body = ByteBuffer(string: Self.notHTTP)
        head.headers.replaceOrAdd(name: "Content-Length", value: "\(body.readableBytes)")
        head.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: promise)
    }

    private static let notHTTP =
        #"{"error":{"message":"This is not valid HTTP.","type":"invalid_request_error","param":null,"#
        + #""code":"invalid_http"}}"#
}
