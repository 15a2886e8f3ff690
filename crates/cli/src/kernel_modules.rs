//! Modules of the kernel that wharf needs and that a stock machine has not loaded yet.
//!
//! The kernel loads the rest by itself at first use: veth and vxlan when an interface is made, nftables'
//! parts with their rules. Those named here must be there before anything is tried, because their presence is
//! looked up instead.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// A module, and how a kernel shows that it has it, built in or loaded.
struct Module {
    name: &'static str,
    shown: Shown,
}

enum Shown {
    /// Among the file systems of `/proc/filesystems`.
    FileSystem,
    Path(&'static str),
}

const NEEDED: [Module; 3] = [
    Module {
        name: "overlay",
        shown: Shown::FileSystem,
    },
    Module {
        name: "ext4",
        shown: Shown::FileSystem,
    },
    Module {
        name: "loop",
        shown: Shown::Path("/dev/loop-control"),
    },
];

/// Loads what is missing, as root. Whoever needs a module that cannot be loaded says so itself.
pub fn load() {
    let missing: Vec<&str> = NEEDED
        .iter()
        .filter(|module| !module.is_there())
        .map(|module| module.name)
        .collect();
    if missing.is_empty() || !nix::unistd::geteuid().is_root() {
        return;
    }
    let _ = Command::new("modprobe")
        .arg("--quiet")
        .arg("--all")
        .args(missing)
        .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// Whether the kernel can mount a file system of this name.
pub fn has_file_system(name: &str) -> bool {
    let known = fs::read_to_string("/proc/filesystems").unwrap_or_default();
    is_listed(&known, name)
}

fn is_listed(known: &str, name: &str) -> bool {
    known
        .lines()
        .any(|line| line.split('\t').next_back() == Some(name))
}

impl Module {
    fn is_there(&self) -> bool {
        match self.shown {
            Shown::FileSystem => has_file_system(self.name),
            Shown::Path(path) => Path::new(path).exists(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_is_found_by_its_whole_name() {
        let known = "nodev\tsysfs\nnodev\toverlay\n\text4\n\tfuseblk\n";
        assert!(is_listed(known, "overlay") && is_listed(known, "ext4"));
        assert!(
            !is_listed(known, "over") && !is_listed(known, "ext") && !is_listed(known, "nodev")
        );
    }
}
