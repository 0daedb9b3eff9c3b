import Foundation
import Numerics
import Testing

@Suite struct AvailableThreadsTests {
    /// The processors that a system with these files grants.
    private func processors(_ files: [String: String]) throws -> Int {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: root) }
        for (path, content) in files {
            let file = root.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try content.write(to: file, atomically: false, encoding: .utf8)
        }
        return availableProcessors(root: root.path)
    }

    /// A process that may run on 40 processors, within these groups.
    private func within(_ groups: String, _ mounts: String, _ quotas: [String: String]) throws -> Int {
        let mask = "Name:\tpython\nCpus_allowed:\tff,ffffffff\nCpus_allowed_list:\t0-39\n"
        let own = [
            "proc/thread-self/status": mask, "proc/self/cgroup": groups, "proc/self/mountinfo": mounts,
        ]
        return try processors(own.merging(quotas) { $1 })
    }

    private let mountTwo = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
    private let mountOne = """
        30 23 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct

        """

    @Test func affinity() throws {
        #expect(try processors(["proc/thread-self/status": "Cpus_allowed:\t1\n"]) == 1)
        #expect(try processors(["proc/thread-self/status": "Cpus_allowed:\t00000003,80000000\n"]) == 3)
        #expect(try within("", "", [:]) == 40)
    }

    @Test func aSystemThatSaysNothing() throws {
        #expect(try processors([:]) == ProcessInfo.processInfo.processorCount)
    }

    @Test func thatOfThisProcess() {
        #expect((1...ProcessInfo.processInfo.processorCount).contains(availableProcessors()))
    }

    @Test(arguments: [
        ("200000 100000", 2), ("150000 100000", 2), ("200001 100000", 3), ("1000 100000", 1),
        ("max 100000", 40), ("5000000 100000", 40), ("", 40), ("nonsense", 40), ("0 100000", 40), ("100000 0", 40),
    ])
    func quotaOfTheSecondVersion(_ content: String, _ expected: Int) throws {
        let quotas = ["sys/fs/cgroup/cpu.max": content]
        #expect(try within("0::/\n", mountTwo, quotas) == expected)
    }

    @Test func theLeastOfAGroupAndThoseAbove() throws {
        let groups = "0::/user.slice/run.scope\n"
        let below = ["sys/fs/cgroup/user.slice/run.scope/cpu.max": "300000 100000\n"]
        #expect(try within(groups, mountTwo, below) == 3)
        let above = ["sys/fs/cgroup/user.slice/cpu.max": "200000 100000\n"]
        #expect(try within(groups, mountTwo, above) == 2)
        #expect(try within(groups, mountTwo, above.merging(below) { $1 }) == 2)
        #expect(try within(groups, mountTwo, ["sys/fs/cgroup/other/cpu.max": "100000 100000\n"]) == 40)
    }

    @Test(arguments: [("150000", 2), ("-1", 40)])
    func quotaOfTheFirstVersion(_ quota: String, _ expected: Int) throws {
        let folder = "sys/fs/cgroup/cpu,cpuacct/batch/job"
        let quotas = ["\(folder)/cpu.cfs_quota_us": quota + "\n", "\(folder)/cpu.cfs_period_us": "100000\n"]
        #expect(try within("9:cpuset:/\n4:cpuacct,cpu:/batch/job\n0::/\n", mountOne, quotas) == expected)
    }

    /// A container sees its own group at the mount point, under the name it has outside or none.
    @Test(arguments: ["/docker/5f", "/docker/5f/inner", "/docker/5f2", "/../other", "/"])
    func aMountOfAPart(_ path: String) throws {
        let mount = "40 31 0:29 /docker/5f /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n"
        let quotas = ["sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"]
        #expect(try within("4:cpu:\(path)\n", mount, quotas) == 4)
    }

    @Test func bothVersionsSideBySide() throws {
        let mounts = mountOne + "33 31 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
        let first = [
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "700000",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
        ]
        let second = ["sys/fs/cgroup/unified/cpu.max": "500000 100000"]
        #expect(try within("4:cpu:/\n0::/\n", mounts, first) == 7)
        #expect(try within("4:cpu:/\n0::/\n", mounts, second) == 5)
        #expect(try within("4:cpu:/\n0::/\n", mounts, first.merging(second) { $1 }) == 5)
    }

    @Test func requests() {
        #expect(RequestedThreads(nil) == .none && RequestedThreads("") == .none)
        #expect(RequestedThreads("1") == .count(1) && RequestedThreads("1024") == .count(1024))
        for text in ["0", "1025", "-1", "2.0", "two", " 2", "2,2"] {
            guard case .fault(let message) = RequestedThreads(text) else {
                Issue.record("\(text) is taken")
                continue
            }
            #expect(message.contains("ISINGRG_NUM_THREADS must be a whole number from 1 to 1024, not '\(text)'"))
        }
    }
}
