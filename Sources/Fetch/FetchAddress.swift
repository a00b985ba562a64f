import CCurl
import Glibc

/// A resolved IP address and port that curl is about to connect to.
package struct FetchAddress: Sendable, Hashable {
    /// The address in network order: 4 bytes for IPv4, 16 for IPv6. IPv4 mapped into IPv6 is given as IPv4, so that a
    /// policy cannot be walked around.
    package let bytes: [UInt8]
    /// The port in host order.
    package let port: UInt16

    /// An address; `bytes` has 4 or 16 elements.
    package init(bytes: [UInt8], port: UInt16) {
        let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        self.bytes = bytes.count == 16 && bytes.starts(with: mappedPrefix) ? Array(bytes.suffix(4)) : bytes
        self.port = port
    }

    /// Reads a socket address; nil for anything but IPv4 and IPv6.
    init?(_ address: UnsafeRawPointer, length: Int) {
        let family = Int32(address.loadUnaligned(as: sockaddr.self).sa_family)
        if family == AF_INET, length >= MemoryLayout<sockaddr_in>.size {
            let address = address.loadUnaligned(as: sockaddr_in.self)
            self.init(
                bytes: withUnsafeBytes(of: address.sin_addr) { Array($0) },
                port: UInt16(bigEndian: address.sin_port)
            )
        } else if family == AF_INET6, length >= MemoryLayout<sockaddr_in6>.size {
            let address = address.loadUnaligned(as: sockaddr_in6.self)
            self.init(
                bytes: withUnsafeBytes(of: address.sin6_addr) { Array($0) },
                port: UInt16(bigEndian: address.sin6_port)
            )
        } else {
            return nil
        }
    }
}
