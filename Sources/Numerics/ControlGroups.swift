// Control groups of Linux, by which containers, systemd and schedulers of clusters limit the
// processor time of a process: cgroups(7), and cgroup-v1/sched-bwc and cgroup-v2 of the kernel.

/// Processors whose time the quotas of the control groups grant to this process: the least of its
/// group's and of all groups above it, rounded up. Nil without a quota.
///
/// - Parameter root: goes before the paths of the system.
func processorsOfControlGroups(root: String) -> Int? {
    let groups = lines(root + "/proc/self/cgroup").compactMap(ControlGroup.init)
    let mounts = lines(root + "/proc/self/mountinfo").compactMap(ControlGroupMount.init)
    var least: Int?
    for group in groups {
        for mount in mounts where mount.version == group.version {
            for folder in mount.folders(of: group.path) {
                guard let granted = group.version.processors(folder: root + folder) else { continue }
                least = min(least ?? granted, granted)
            }
        }
    }
    return least
}

private enum ControlGroupVersion {
    case one, two

    /// Processors whose time the quota of one group grants.
    func processors(folder: String) -> Int? {
        let numbers: [Int?]
        switch self {
        case .one:  // -1 stands for no quota
            let files = ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
            numbers = files.map { lines("\(folder)/\($0)").first.flatMap { Int($0) } }
        case .two:  // "max" stands for no quota
            numbers = (lines("\(folder)/cpu.max").first ?? "").split(separator: " ").map { Int($0) }
        }
        guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], quota > 0, period > 0 else {
            return nil
        }
        return (quota - 1) / period + 1
    }
}

/// A group of this process that may limit its processor time: a line of /proc/self/cgroup.
private struct ControlGroup {
    let version: ControlGroupVersion
    /// Within the hierarchy.
    let path: Substring

    init?(_ line: Substring) {
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { return nil }
        if fields[0] == "0" && fields[1].isEmpty {
            version = .two
        } else if fields[1].split(separator: ",").contains("cpu") {
            version = .one
        } else {
            return nil
        }
        path = fields[2]
    }
}

/// Where a hierarchy of groups is to be seen: a line of /proc/self/mountinfo.
private struct ControlGroupMount {
    let version: ControlGroupVersion
    /// The group that is seen at `point`.
    let root: Substring
    let point: Substring

    init?(_ line: Substring) {
        let fields = line.split(separator: " ")
        // Any number of optional fields ends with "-"; then come type, source and options.
        guard fields.count > 6, let dash = fields[6...].firstIndex(of: "-"), fields.count > dash + 3 else { return nil }
        if fields[dash + 1] == "cgroup2" {
            version = .two
        } else if fields[dash + 1] == "cgroup", fields[dash + 3].split(separator: ",").contains("cpu") {
            version = .one
        } else {
            return nil
        }
        (root, point) = (fields[3], fields[4])
    }

    /// The folders of a group and of those above it. What lies outside the part that is mounted, as in
    /// some containers, cannot be seen: the uppermost group that can stands for it.
    func folders(of path: Substring) -> [String] {
        var inside = path
        if root != "/" {
            let isBelow = path.hasPrefix(root) && (path.count == root.count || path.dropFirst(root.count).first == "/")
            inside = isBelow ? path.dropFirst(root.count) : ""
        }
        if inside.hasPrefix("/..") { inside = "" }
        let names = inside.split(separator: "/")
        return (0...names.count).map { count in names.prefix(count).reduce(String(point)) { "\($0)/\($1)" } }
    }
}
