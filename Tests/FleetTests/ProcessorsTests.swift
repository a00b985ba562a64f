import Testing

@testable import Threads

@Suite struct ProcessorsTests {
    private func usable(_ files: [String: String]) -> Int { Processors.usable { files[$0] } }

    /// Eight processors, of which the mask allows some.
    private func status(_ mask: String) -> String { "Name:\tx\nCpus_allowed:\t\(mask)\nCpus_allowed_list:\t0\n" }

    @Test func theMaskCounts() {
        #expect(usable(["/proc/self/status": status("ff")]) == 8)
        #expect(usable(["/proc/self/status": status("1")]) == 1)
        #expect(usable(["/proc/self/status": status("ffffffff,0000000f")]) == 36)
    }

    @Test(arguments: [("150000 100000", 2), ("50000 100000", 1), ("max 100000", 8), ("900000 100000", 8), ("", 8)])
    func aQuotaCounts(quota: String, count: Int) {
        let files = [
            "/proc/self/status": status("ff"), "/proc/self/cgroup": "0::/pod/box\n",
            "/sys/fs/cgroup/pod/box/cpu.max": "\(quota)\n",
        ]
        #expect(usable(files) == count)
    }

    @Test func soDoesTheQuotaOfAGroupAbove() {
        let files = [
            "/proc/self/status": status("ff"), "/proc/self/cgroup": "0::/pod/box\n",
            "/sys/fs/cgroup/pod/box/cpu.max": "max 100000\n", "/sys/fs/cgroup/pod/cpu.max": "300000 100000\n",
        ]
        #expect(usable(files) == 3)
        // In a container the group is the root.
        let inside = [
            "/proc/self/status": status("ff"), "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "200000 100000",
        ]
        #expect(usable(inside) == 2)
    }

    @Test func theOldKindOfGroupsCountsToo() {
        let files = [
            "/proc/self/status": status("ff"), "/proc/self/cgroup": "5:memory:/box\n4:cpu,cpuacct:/box\n",
            "/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "250000\n",
            "/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
        ]
        #expect(usable(files) == 3)
    }

    @Test func thisMachineHasSome() {
        #expect(Processors.usable() >= 1)
    }
}
