//! A container's `linuxParameters`: what the kernel takes for no limit is refused.

use wharf_api_ecs::{LinuxParameters, Tmpfs};

/// What a tmpfs can be mounted with.
const FLAGS: &[&str] = &[
    "defaults",
    "ro",
    "rw",
    "suid",
    "nosuid",
    "dev",
    "nodev",
    "exec",
    "noexec",
    "sync",
    "async",
    "dirsync",
    "remount",
    "mand",
    "nomand",
    "atime",
    "noatime",
    "diratime",
    "nodiratime",
    "bind",
    "rbind",
    "unbindable",
    "runbindable",
    "private",
    "rprivate",
    "shared",
    "rshared",
    "slave",
    "rslave",
    "relatime",
    "norelatime",
    "strictatime",
    "nostrictatime",
];
/// Those that have a value.
const VALUED: &[&str] = &["mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"];

/// What cannot be, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadLinux {
    #[error("'swappiness' must be between 0 and 100.")]
    Swappiness,
    #[error("'{0}' must not be negative.")]
    Negative(&'static str),
    #[error("'tmpfs' must have a containerPath.")]
    NoPath,
    #[error("The size of 'tmpfs' must be at least 1 MiB.")]
    Size,
    /// What is shown of it.
    #[error("'{0}' is not a valid mount option of 'tmpfs'.")]
    MountOption(String),
}

pub(super) fn check(linux: &LinuxParameters) -> Result<(), BadLinux> {
    if linux.swappiness.is_some_and(|it| !(0..=100).contains(&it)) {
        return Err(BadLinux::Swappiness);
    }
    for (what, mib) in [
        ("maxSwap", linux.max_swap),
        ("sharedMemorySize", linux.shared_memory_size),
    ] {
        if mib.is_some_and(|mib| mib < 0) {
            return Err(BadLinux::Negative(what));
        }
    }
    linux.tmpfs.iter().flatten().try_for_each(tmpfs)
}

fn tmpfs(given: &Tmpfs) -> Result<(), BadLinux> {
    if given
        .container_path
        .as_deref()
        .unwrap_or_default()
        .is_empty()
    {
        return Err(BadLinux::NoPath);
    }
    // 0 is no limit to the kernel.
    if given.size.is_none_or(|mib| mib < 1) {
        return Err(BadLinux::Size);
    }
    let mut options = given.mount_options.iter().flatten();
    match options.find(|option| !is_mount_option(option)) {
        Some(option) => Err(BadLinux::MountOption(option.chars().take(64).collect())),
        None => Ok(()),
    }
}

/// The node divides what it is told at commas, so that one option must not be two.
fn is_mount_option(option: &str) -> bool {
    if option.contains(',') {
        return false;
    }
    match option.split_once('=') {
        None => FLAGS.contains(&option) || VALUED.contains(&option),
        Some(("nr_blocks" | "nr_inodes", count)) => is_limit(count),
        Some((name, _)) => VALUED.contains(&name),
    }
}

/// Other measures of its size, in numbers as the kernel reads them. 0 is no limit, with a unit too.
fn is_limit(count: &str) -> bool {
    let unit = ['k', 'K', 'm', 'M', 'g', 'G'];
    let digits = count.strip_suffix(unit).unwrap_or(count);
    digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u32>().is_ok_and(|n| n > 0)
}
