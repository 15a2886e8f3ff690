//! What libcontainer needs of `libcgroups`, by wharf's own control groups.
//!
//! A container's groups and their limits are made by the agent before libcontainer is called, which has only to move the
//! first process into them. libcgroups reads all mounts of the machine once for each of twelve controllers to find out
//! where, and moves the process under the kernel's lock of all forks; with some hundred mounts that was a tenth of what it
//! takes to start a container. This crate takes its place (`[patch.crates-io]`): where groups are was found once, before
//! the shim forked ([`Hierarchies::known`]), and a process that moves itself takes no lock. What the shim never asks for
//! is refused by name.

#![forbid(unsafe_code)]

pub mod common;

/// Figures of a group, which the agent reads itself.
pub mod stats {
    use serde::Serialize;

    /// There are none.
    #[derive(Debug, Serialize)]
    pub enum Stats {}
}

pub mod v1 {
    pub mod util {
        use std::{io, path::PathBuf};

        /// Where controllers and named hierarchies of version 1 are mounted.
        pub fn list_subsystem_mount_points() -> io::Result<Vec<PathBuf>> {
            Ok(crate::mount_points("cgroup")?.collect())
        }
    }
}

pub mod v2 {
    pub mod util {
        use std::{io, path::PathBuf};

        /// Where the one hierarchy of version 2 is mounted.
        pub fn get_unified_mount_point() -> io::Result<PathBuf> {
            let found = crate::mount_points("cgroup2")?.next();
            found.ok_or_else(|| io::ErrorKind::NotFound.into())
        }
    }
}

fn mount_points(kind: &str) -> std::io::Result<impl Iterator<Item = std::path::PathBuf>> {
    let text = std::fs::read_to_string("/proc/self/mountinfo")?;
    Ok(points_of(&text, kind).into_iter())
}

/// Mount points of whole file systems of a kind, in their order. The kernel writes blanks in a path as `\040`; no
/// hierarchy is mounted at such a place.
fn points_of(mountinfo: &str, kind: &str) -> Vec<std::path::PathBuf> {
    let point = |line: &str| {
        let (before, after) = line.split_once(" - ")?;
        let point = before.split(' ').nth(4)?;
        (after.split(' ').next() == Some(kind)).then(|| point.into())
    };
    mountinfo.lines().filter_map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_of_a_kind() {
        let text = "\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";
        let of = |kind| points_of(text, kind);
        let at = |name: &str| std::path::Path::new("/sys/fs/cgroup").join(name);
        assert_eq!(of("cgroup"), [at("cpu"), at("systemd")]);
        assert_eq!(of("cgroup2"), [at("unified")]);
    }
}
