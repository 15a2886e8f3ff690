//! The bundle of a container, `config.json` in the forms of the OCI's runtime specification, as far as the agent writes
//! it. What is unknown here is refused: a restriction must not be overlooked.

use std::{collections::BTreeMap, io, path::PathBuf};

use serde::Deserialize;

/// Bound on `config.json`, in bytes: a thousand mounts and devices fit.
pub const BUNDLE_LIMIT: u64 = 4 << 20;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bundle {
    #[serde(rename = "ociVersion")]
    _version: String,
    pub hostname: String,
    pub root: Root,
    pub process: Process,
    pub mounts: Vec<Mount>,
    pub linux: Linux,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Root {
    /// Relative to the container's folder, or absolute.
    pub path: PathBuf,
    pub readonly: bool,
}

/// What runs is in `plan.json`; here are its limits.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    #[serde(default)]
    pub rlimits: Vec<Rlimit>,
    pub oom_score_adj: Option<i32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rlimit {
    #[serde(rename = "type")]
    pub kind: String,
    pub soft: u64,
    pub hard: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    pub destination: PathBuf,
    #[serde(rename = "type")]
    pub kind: String,
    pub source: PathBuf,
    pub options: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Linux {
    /// That of the request to create it, where it is read.
    #[serde(rename = "cgroupsPath")]
    _cgroup: String,
    pub namespaces: Vec<Namespace>,
    #[serde(default)]
    pub devices: Vec<Device>,
    #[serde(default)]
    pub sysctl: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub masked_paths: Vec<PathBuf>,
    #[serde(default)]
    pub readonly_paths: Vec<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Namespace {
    #[serde(rename = "type")]
    pub kind: NamespaceKind,
    /// One that is there; a new one without.
    pub path: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamespaceKind {
    Mount,
    Uts,
    Cgroup,
    Network,
    Ipc,
    Pid,
    User,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Device {
    pub path: PathBuf,
    #[serde(rename = "type")]
    pub kind: DeviceKind,
    pub major: u64,
    pub minor: u64,
    pub file_mode: u32,
    pub uid: u32,
    pub gid: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum DeviceKind {
    #[serde(rename = "c")]
    Char,
    #[serde(rename = "b")]
    Block,
}

impl Bundle {
    pub fn read(path: &std::path::Path) -> io::Result<Self> {
        let bundle: Option<Self> = wharf_durable::read_json(path, BUNDLE_LIMIT)?;
        bundle.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Whether it is to have a namespace of that kind of its own.
    pub fn makes(&self, kind: NamespaceKind) -> bool {
        let mut all = self.linux.namespaces.iter();
        all.any(|it| it.kind == kind && it.path.is_none())
    }

    /// Where one that is there already is found.
    pub fn joins(&self, kind: NamespaceKind) -> Option<&PathBuf> {
        let mut all = self.linux.namespaces.iter();
        all.find(|it| it.kind == kind)?.path.as_ref()
    }
}

/// What the options of a mount come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct MountOptions {
    /// Attributes of the mount.
    pub add: u64,
    pub take: u64,
    /// Those below the source come along.
    pub whole: bool,
    /// For the file system itself.
    pub own: Vec<String>,
}

const ATIME: u64 = libc::MOUNT_ATTR__ATIME;

/// Names of attributes, and whether they take it away.
const ATTRIBUTES: [(&str, bool, u64); 14] = [
    ("ro", false, libc::MOUNT_ATTR_RDONLY),
    ("rw", true, libc::MOUNT_ATTR_RDONLY),
    ("nosuid", false, libc::MOUNT_ATTR_NOSUID),
    ("suid", true, libc::MOUNT_ATTR_NOSUID),
    ("nodev", false, libc::MOUNT_ATTR_NODEV),
    ("dev", true, libc::MOUNT_ATTR_NODEV),
    ("noexec", false, libc::MOUNT_ATTR_NOEXEC),
    ("exec", true, libc::MOUNT_ATTR_NOEXEC),
    ("nodiratime", false, libc::MOUNT_ATTR_NODIRATIME),
    ("diratime", true, libc::MOUNT_ATTR_NODIRATIME),
    ("noatime", false, libc::MOUNT_ATTR_NOATIME),
    ("atime", true, libc::MOUNT_ATTR_NOATIME),
    ("strictatime", false, libc::MOUNT_ATTR_STRICTATIME),
    ("nostrictatime", true, libc::MOUNT_ATTR_STRICTATIME),
];

/// Taken, and without effect: how mounts spread is the same for all of a container, and the rest are no attributes of a
/// mount.
const WITHOUT_EFFECT: [&str; 20] = [
    "defaults",
    "async",
    "sync",
    "dirsync",
    "mand",
    "nomand",
    "remount",
    "relatime",
    "norelatime",
    "bind",
    "private",
    "rprivate",
    "shared",
    "rshared",
    "slave",
    "rslave",
    "unbindable",
    "runbindable",
    "idmap",
    "ridmap",
];

impl MountOptions {
    pub fn of(options: &[String]) -> Self {
        let mut all = Self::default();
        for option in options {
            let known = ATTRIBUTES.iter().find(|(known, ..)| known == option);
            if let Some((_, takes, attribute)) = known {
                all.change(*takes, *attribute);
            } else if option == "rbind" {
                all.whole = true;
            } else if !WITHOUT_EFFECT.contains(&option.as_str()) {
                all.own.push(option.clone());
            }
        }
        all
    }

    /// What an option takes is what an earlier one gave, not what the source has.
    fn change(&mut self, takes: bool, attribute: u64) {
        // When a file was read is one choice of several, whose whole field is written.
        let is_time = attribute & ATIME != 0;
        let field = if is_time { ATIME } else { attribute };
        self.add &= !field;
        self.take &= !field;
        if !takes {
            self.add |= attribute;
            if is_time {
                self.take |= field;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(options: &[&str]) -> MountOptions {
        let options: Vec<String> = options.iter().map(|it| (*it).to_owned()).collect();
        MountOptions::of(&options)
    }

    #[test]
    fn later_options_decide() {
        let all = of(&["nosuid", "noexec", "nodev", "exec", "size=64", "rprivate"]);
        let expected = MountOptions {
            add: libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV,
            own: vec!["size=64".into()],
            ..MountOptions::default()
        };
        assert_eq!(all, expected);
    }

    #[test]
    fn a_bind_takes_nothing_from_its_source_unasked() {
        let all = of(&["rbind", "rprivate", "rw"]);
        assert!(all.whole && all.own.is_empty());
        assert_eq!((all.add, all.take), (0, 0));
        let all = of(&["rbind", "ro"]);
        assert_eq!((all.add, all.take), (libc::MOUNT_ATTR_RDONLY, 0));
    }

    #[test]
    fn times_of_reading_are_one_choice() {
        let all = of(&["strictatime", "noatime"]);
        assert_eq!((all.add, all.take), (libc::MOUNT_ATTR_NOATIME, ATIME));
    }

    #[test]
    fn what_is_unknown_is_refused() {
        let text = |more: &str| {
            format!(
                r#"{{"ociVersion":"1.0.2","hostname":"a","root":{{"path":"rootfs","readonly":false}},
                "process":{{"terminal":false,"args":["x"],"cwd":"/","rlimits":[],"oomScoreAdj":null}},"mounts":[],
                "linux":{{"cgroupsPath":"/a","namespaces":[{{"type":"mount"}},{{"type":"network","path":"/n"}}]{more}}}}}"#
            )
        };
        let read = |more: &str| serde_json::from_str::<Bundle>(&text(more));
        let bundle = read("").unwrap();
        assert!(bundle.makes(NamespaceKind::Mount) && !bundle.makes(NamespaceKind::Network));
        assert!(bundle.joins(NamespaceKind::Network).is_some());
        assert!(read(r#","seccomp":{}"#).is_err());
        assert!(read(r#","rootfsPropagation":"shared""#).is_err());
    }
}
