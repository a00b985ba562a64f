package import NIOCore

/// What can stand as an argument of a command: text, integers, bytes.
package protocol RedisArgument: Sendable {
    /// Appends the argument as one bulk string: `$<length>\r\n<bytes>\r\n`.
    func encode(into buffer: inout ByteBuffer)
}

/// A command, encoded once where it is made, so that the event loop only copies bytes.
package struct RedisCommand: Sendable, CustomStringConvertible {
    /// The command's name; arguments are not kept apart from their encoding.
    package let name: String
    /// The command as a RESP array of bulk strings.
    let frame: ByteBuffer

    /// Encodes `name` and `arguments`, one bulk string each.
    package init(_ name: String, _ arguments: any RedisArgument...) {
        self.init(name, arguments: arguments)
    }

    /// Encodes `name` and a list of arguments whose length is known at run time only.
    package init(_ name: String, arguments: [any RedisArgument]) {
        var frame = ByteBuffer()
        frame.writeString("*\(arguments.count + 1)\r\n")
        name.encode(into: &frame)
        for argument in arguments { argument.encode(into: &frame) }
        self.name = name
        self.frame = frame
    }

    /// The name only: arguments may be secret or large.
    package var description: String { name }
}

extension ByteBuffer {
    fileprivate mutating func writeBulk(count: Int, _ body: (inout ByteBuffer) -> Void) {
        writeString("$\(count)\r\n")
        body(&self)
        writeStaticString("\r\n")
    }
}

extension String: RedisArgument {
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeBulk(count: utf8.count) { $0.writeString(self) }
    }
}

extension Substring: RedisArgument {
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeBulk(count: utf8.count) { $0.writeSubstring(self) }
    }
}

extension [UInt8]: RedisArgument {
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeBulk(count: count) { $0.writeBytes(self) }
    }
}

extension ArraySlice<UInt8>: RedisArgument {
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeBulk(count: count) { $0.writeBytes(self) }
    }
}

extension ByteBuffer: RedisArgument {
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeBulk(count: readableBytes) { $0.writeImmutableBuffer(self) }
    }
}

extension RedisArgument where Self: FixedWidthInteger {
    package func encode(into buffer: inout ByteBuffer) {
        String(self).encode(into: &buffer)
    }
}

extension Int: RedisArgument {}
extension Int64: RedisArgument {}
extension UInt64: RedisArgument {}

extension Double: RedisArgument {
    package func encode(into buffer: inout ByteBuffer) {
        description.encode(into: &buffer)
    }
}
