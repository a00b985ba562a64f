import Glibc
import Testing

@testable import Webhooks

@Suite struct AddressRulesTests {
    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
        "127.0.0.1", "127.255.0.1", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192",
        "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9",
        "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    ])
    func closedIPv4(_ text: String) throws { #expect(!AddressRules.isPublic(try Self.bytes(text))) }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1", "168.63.129.17", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.1.1",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
    ])
    func openIPv4(_ text: String) throws { #expect(AddressRules.isPublic(try Self.bytes(text))) }

    @Test(arguments: [
        "::", "::1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "fc00::1",
        "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "2001::1", "2001:0:4136:e378::1", "2001:20::1",
        "2001:1ff:ffff::", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "3fff::1", "4000::1", "5f00::1",
    ])
    func closedIPv6(_ text: String) throws { #expect(!AddressRules.isPublic(try Self.bytes(text))) }

    @Test(arguments: ["2606:4700:4700::1111", "2001:200::1", "2001:4860:4860::8888", "2a00:1450::1", "3ffe::1"])
    func openIPv6(_ text: String) throws { #expect(AddressRules.isPublic(try Self.bytes(text))) }

    @Test func nothingElseIsAnAddress() {
        #expect(!AddressRules.isPublic([]))
        #expect(!AddressRules.isPublic([8, 8, 8]))
    }

    private static func bytes(_ text: String) throws -> [UInt8] {
        let isIPv6 = text.contains(":")
        var bytes = [UInt8](repeating: 0, count: isIPv6 ? 16 : 4)
        try #require(inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, &bytes) == 1)
        return bytes
    }
}
