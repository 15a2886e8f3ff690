//! How much memory of the machine may be taken: as much as it has, or as the control groups allow, of version 1 (also in
//! hybrid mode) or 2.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The controller of version 1.
const MEMORY: &str = "memory";

/// Who is to take memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taker {
    /// This process, and others in its control group.
    Process,
    /// Groups at the root of the hierarchy, as those of tasks are: what holds of this process' own group says nothing about
    /// them. In a container that root is the container's own, and may have a limit.
    Groups,
}

/// Bytes that may be taken; `None` if the kernel does not say how much memory there is.
pub fn memory(taker: Taker) -> Option<u64> {
    within(Path::new("/"), taker)
}

/// The same of a machine whose files are below `root`.
fn within(root: &Path, taker: Taker) -> Option<u64> {
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let machine = total(&read("proc/meminfo")?)?;
    let mounts = read("proc/self/mountinfo").unwrap_or_default();
    let Some(hierarchy) = Hierarchy::of(&mounts) else {
        return Some(machine);
    };
    let group = match taker {
        Taker::Process => hierarchy.group(&read("proc/self/cgroup").unwrap_or_default()),
        Taker::Groups => PathBuf::new(),
    };
    // The limit of a group holds for those below it as well. The last of its ancestors is the empty path, the root.
    let limits = group.ancestors().filter_map(|group| {
        let folder = hierarchy.mount.strip_prefix("/").ok()?;
        let file = root.join(folder).join(group).join(hierarchy.file);
        // `max` is none; version 1 has a number beyond any machine for it.
        fs::read_to_string(file).ok()?.trim().parse::<u64>().ok()
    });
    Some(limits.fold(machine, u64::min))
}

/// Of `/proc/meminfo`, in bytes.
fn total(meminfo: &str) -> Option<u64> {
    let rest = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = rest.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}

/// The hierarchy with the controller of memory.
struct Hierarchy {
    mount: PathBuf,
    /// Which group stands at its mount point.
    root: PathBuf,
    /// Where a group says what it may take.
    file: &'static str,
    is_v1: bool,
}

impl Hierarchy {
    /// Of `/proc/self/mountinfo`. Version 1 is it where it has the controller.
    fn of(mountinfo: &str) -> Option<Self> {
        let mut unified = None;
        for line in mountinfo.lines() {
            // `… root mount-point options - type source super-options`
            let Some((before, after)) = line.split_once(" - ") else {
                continue;
            };
            let mut before = before.split(' ').skip(3);
            let (Some(root), Some(mount)) = (before.next(), before.next()) else {
                continue;
            };
            let found = |file, is_v1| Self {
                mount: mount.into(),
                root: root.into(),
                file,
                is_v1,
            };
            let mut after = after.split(' ');
            match (after.next(), after.nth(1)) {
                (Some("cgroup"), Some(options)) if options.split(',').any(|it| it == MEMORY) => {
                    return Some(found("memory.limit_in_bytes", true));
                }
                (Some("cgroup2"), _) => {
                    unified.get_or_insert_with(|| found("memory.max", false));
                }
                _ => {}
            }
        }
        unified
    }

    /// Where a process is, below the mount point; `own` is its `/proc/self/cgroup`. The mount point where it is elsewhere.
    fn group(&self, own: &str) -> PathBuf {
        // `number:controllers:path`
        let path = own.lines().find_map(|line| {
            let (_, line) = line.split_once(':')?;
            let (controllers, path) = line.split_once(':')?;
            let is_it = if self.is_v1 {
                controllers.split(',').any(|it| it == MEMORY)
            } else {
                controllers.is_empty()
            };
            is_it.then(|| Path::new(path))
        });
        let below = path.and_then(|it| it.strip_prefix(&self.root).ok());
        let is_inside = |it: &&Path| !it.components().any(|part| part.as_os_str() == "..");
        below.filter(is_inside).unwrap_or(Path::new("")).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
";
    const UNIFIED: &str = "41 31 0:38 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n";
    /// A container that has no name space of control groups.
    const CONTAINED: &str =
        "35 31 0:32 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
    const MIB: u64 = 1 << 20;

    /// What a process and the groups of tasks may take of a machine with 8 MiB that has these files.
    fn takes(files: &[(&str, &str)]) -> [Option<u64>; 2] {
        let root = tempfile::tempdir().unwrap();
        let machine = ("proc/meminfo", "MemFree: 1 kB\nMemTotal:    8192 kB\n");
        for (path, text) in [machine].iter().chain(files) {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        [Taker::Process, Taker::Groups].map(|taker| within(root.path(), taker))
    }

    #[test]
    fn of_the_whole_machine() {
        let all = [Some(8 * MIB); 2];
        assert_eq!(takes(&[]), all);
        assert_eq!(takes(&[("proc/self/mountinfo", "nonsense\n - \n")]), all);
        let mounts = ("proc/self/mountinfo", UNIFIED);
        let own = ("proc/self/cgroup", "0::/a\n");
        assert_eq!(takes(&[mounts]), all);
        assert_eq!(takes(&[mounts, own]), all);
        for limit in ["max\n", "", "-1\n", "9223372036854771712\n"] {
            let limit = ("sys/fs/cgroup/a/memory.max", limit);
            assert_eq!(takes(&[mounts, own, limit]), all);
        }
        for meminfo in ["MemTotal: x\n", "", "MemTotal: 18446744073709551615 kB\n"] {
            assert_eq!(takes(&[("proc/meminfo", meminfo)]), [None; 2]);
        }
    }

    #[test]
    fn of_a_group_and_those_above_it_in_version_2() {
        let files = [
            ("proc/self/mountinfo", UNIFIED),
            ("proc/self/cgroup", "1:name=systemd:/other\n0::/a/b\n"),
            ("sys/fs/cgroup/a/b/memory.max", "4194304\n"),
            ("sys/fs/cgroup/a/memory.max", "2097152\n"),
            ("sys/fs/cgroup/other/memory.max", "4096\n"),
        ];
        // What systemd allows the service of the node says nothing about tasks.
        assert_eq!(takes(&files), [Some(2 * MIB), Some(8 * MIB)]);
    }

    #[test]
    fn of_a_container_in_version_2() {
        let files = [
            ("proc/self/mountinfo", UNIFIED),
            ("proc/self/cgroup", "0::/\n"),
            ("sys/fs/cgroup/memory.max", "2097152\n"),
        ];
        assert_eq!(takes(&files), [Some(2 * MIB); 2]);
    }

    #[test]
    fn of_a_group_in_hybrid_mode() {
        let files = [
            ("proc/self/mountinfo", HYBRID),
            (
                "proc/self/cgroup",
                "9:name=systemd:/\n4:memory:/jobs/one\n0::/v2\n",
            ),
            (
                "sys/fs/cgroup/memory/memory.limit_in_bytes",
                "9223372036854771712\n",
            ),
            (
                "sys/fs/cgroup/memory/jobs/one/memory.limit_in_bytes",
                "3145728\n",
            ),
            ("sys/fs/cgroup/unified/v2/memory.max", "4096\n"),
        ];
        assert_eq!(takes(&files), [Some(3 * MIB), Some(8 * MIB)]);
    }

    #[test]
    fn of_a_container_in_version_1() {
        let limit = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "2097152\n");
        // As the machine calls its group, and as nobody here can find it.
        for own in [
            "4:memory:/docker/ab\n",
            "4:memory:/\n",
            "4:memory:/docker/ab/../cd\n",
            "",
        ] {
            let own = ("proc/self/cgroup", own);
            let files = [("proc/self/mountinfo", CONTAINED), own, limit];
            assert_eq!(takes(&files), [Some(2 * MIB); 2], "{own:?}");
        }
    }
}
