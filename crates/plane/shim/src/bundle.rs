//! The bundle of a container, `config.json` in the forms of the OCI's runtime specification, as far as the agent writes
//! it. What is unknown here is refused: a restriction must not be overlooked.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::IgnoredAny};

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

/// What runs is in `plan.json`, and what the runtime's form wants to be said of it here is not read; here are its limits.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Process {
    #[serde(rename = "terminal")]
    _terminal: IgnoredAny,
    #[serde(rename = "user")]
    _user: IgnoredAny,
    #[serde(rename = "args")]
    _args: IgnoredAny,
    #[serde(rename = "env")]
    _env: IgnoredAny,
    #[serde(rename = "cwd")]
    _cwd: IgnoredAny,
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
    /// Where the host has it; at the same path where nothing is said.
    pub source: Option<PathBuf>,
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
    pub fn read(path: &Path) -> io::Result<Self> {
        let bundle: Option<Self> = wharf_durable::read_json(path, BUNDLE_LIMIT)?;
        bundle.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// What in it cannot be: `None` where all is well.
    pub fn refuses(&self) -> Option<String> {
        if self.makes(NamespaceKind::User) {
            return Some("a user namespace that nobody made".to_owned());
        }
        let mut all = self.linux.namespaces.iter().enumerate();
        let twice = all.find(|(at, it)| {
            let before = &self.linux.namespaces[..*at];
            before.iter().any(|other| other.kind == it.kind)
        });
        twice.map(|(_, it)| format!("two namespaces of one kind: {:?}", it.kind))
    }

    /// Whether a volume lies over all of `/dev`: what is in it is its owner's.
    pub fn has_foreign_dev(&self) -> bool {
        let mut all = self.mounts.iter();
        all.any(|it| it.kind == "bind" && it.destination == Path::new("/dev"))
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

    fn text(process: &str, namespaces: &str, more: &str) -> String {
        format!(
            r#"{{"ociVersion":"1.0.2","hostname":"a","root":{{"path":"rootfs","readonly":false}},
            "process":{{"terminal":false,"user":{{}},"args":["x"],"env":[],"cwd":"/","rlimits":[],"oomScoreAdj":null{process}}},
            "mounts":[],"linux":{{"cgroupsPath":"/a","namespaces":[{{"type":"mount"}}{namespaces}]{more}}}}}"#
        )
    }

    fn read(process: &str, namespaces: &str, more: &str) -> serde_json::Result<Bundle> {
        serde_json::from_str(&text(process, namespaces, more))
    }

    #[test]
    fn namespaces_that_cannot_be_are_refused() {
        for (namespaces, expected) in [
            ("", None),
            (r#",{"type":"user","path":"/u"}"#, None),
            (
                r#",{"type":"user"}"#,
                Some("a user namespace that nobody made"),
            ),
            (
                r#",{"type":"mount"}"#,
                Some("two namespaces of one kind: Mount"),
            ),
            (
                r#",{"type":"ipc"},{"type":"ipc","path":"/i"}"#,
                Some("two namespaces of one kind: Ipc"),
            ),
        ] {
            let bundle = read("", namespaces, "").unwrap();
            assert_eq!(bundle.refuses().as_deref(), expected, "{namespaces}");
        }
    }

    #[test]
    fn what_is_unknown_is_refused() {
        let read = |more: &str| read("", r#",{"type":"network","path":"/n"}"#, more);
        assert!(super::tests::read(r#","noNewPrivileges":true"#, "", "").is_err());
        let bundle = read("").unwrap();
        assert!(bundle.makes(NamespaceKind::Mount) && !bundle.makes(NamespaceKind::Network));
        assert!(bundle.joins(NamespaceKind::Network).is_some());
        assert!(read(r#","seccomp":{}"#).is_err());
        assert!(read(r#","rootfsPropagation":"shared""#).is_err());
    }
}
