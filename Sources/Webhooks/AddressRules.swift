/// Which addresses lie in the public internet. Everything else may be a neighbour of this machine: its own services, the
/// network behind it, the metadata of its cloud.
enum AddressRules {
    /// First address and length in bits. IPv4 ranges that are not public, from the IANA special-purpose registry, and
    /// 168.63.129.16, at which Azure's platform answers every machine.
    private static let closedIPv4: [(first: UInt32, bits: Int)] = [
        (0x0000_0000, 8),  // 0.0.0.0: this network
        (0x0A00_0000, 8),  // 10.0.0.0: private
        (0x6440_0000, 10),  // 100.64.0.0: carriers' NAT
        (0x7F00_0000, 8),  // 127.0.0.0: loopback
        (0xA83F_8110, 32),  // 168.63.129.16
        (0xA9FE_0000, 16),  // 169.254.0.0: link-local, metadata
        (0xAC10_0000, 12),  // 172.16.0.0: private
        (0xC000_0000, 24),  // 192.0.0.0: protocol assignments
        (0xC000_0200, 24),  // 192.0.2.0: documentation
        (0xC058_6300, 24),  // 192.88.99.0: relays of 6to4
        (0xC0A8_0000, 16),  // 192.168.0.0: private
        (0xC612_0000, 15),  // 198.18.0.0: benchmarks
        (0xC633_6400, 24),  // 198.51.100.0: documentation
        (0xCB00_7100, 24),  // 203.0.113.0: documentation
        (0xE000_0000, 3),  // 224.0.0.0 and up: multicast, reserved, broadcast
    ]

    /// IPv6 is allowed in 2000::/3 but for these: all other ranges are local, mapped, translated (64:ff9b::) or unused.
    private static let closedIPv6: [(first: UInt64, bits: Int)] = [
        (0x2001_0000_0000_0000, 23),  // protocol assignments: Teredo, benchmarks, ORCHID
        (0x2001_0DB8_0000_0000, 32),  // documentation
        (0x2002_0000_0000_0000, 16),  // 6to4, which carries any IPv4 address
        (0x3FFF_0000_0000_0000, 20),  // documentation
    ]

    /// - Parameter bytes: an address in network order, 4 or 16 bytes; IPv4 mapped into IPv6 counts as neither.
    static func isPublic(_ bytes: [UInt8]) -> Bool {
        switch bytes.count {
        case 4:
            let address = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return !closedIPv4.contains { (address ^ $0.first) >> (32 - $0.bits) == 0 }
        case 16:
            let upper = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return upper >> 61 == 1 && !closedIPv6.contains { (upper ^ $0.first) >> (64 - $0.bits) == 0 }
        default: return false
        }
    }
}
