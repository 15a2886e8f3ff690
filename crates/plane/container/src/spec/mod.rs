//! What a container shall be, and the pure steps from there to an OCI bundle.

mod argv;
mod bundle;
mod capabilities;
pub(crate) mod devices;
mod seccomp;
mod signal;
mod ulimits;

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
pub use wharf_shim_protocol::{ContainerName, ImageGroups};

pub(crate) use self::bundle::{Bundle, Context};
pub use self::{
    argv::{merge_argv, merge_env},
    capabilities::{Capabilities, beyond as capability_beyond, instances_have},
    seccomp::{BadProfile, MOST_PROFILE, Profile},
    signal::parse_signal,
    ulimits::Ulimit,
};

/// Before a number in [`ContainerSpec::user`]: it is one, whatever names the image has.
pub const AS_NUMBER: char = '#';

/// Upstream's pause container has this number too: no user of an image is likely to.
const NOBODY: u32 = 65_535;

/// A container of a task. Paths of `mounts` are the host's; everything else is the container's.
#[derive(Clone, PartialEq, Eq)]
pub struct ContainerSpec {
    pub name: ContainerName,
    /// See [`merge_argv`].
    pub argv: Vec<String>,
    /// See [`merge_env`]; PATH, HOME, HOSTNAME and TERM are added where missing.
    pub env: Vec<(String, String)>,
    /// Secrets that the task's shim holds for it ([`crate::runtime::TaskHandle::hold_secrets`]), and the
    /// names of the variables with which they go over `env`.
    pub secrets: Option<SecretsOf>,
    /// `user[:group]`; empty is root.
    pub user: String,
    /// Numbers of groups beside those the image knows.
    pub groups: Vec<u32>,
    pub image_groups: ImageGroups,
    /// Empty is `/`; made where it is missing.
    pub working_dir: String,
    /// Empty is the name of the container.
    pub hostname: String,
    pub memory_limit_bytes: Option<u64>,
    pub memory_reservation_bytes: Option<u64>,
    /// Beyond memory. `None` is no limit.
    pub swap_limit_bytes: Option<u64>,
    /// 0 to 100; has no effect with control groups of version 2.
    pub swappiness: Option<u64>,
    pub cpu_shares: Option<u64>,
    /// Thousandths of a core, over periods of 100 ms. `None` is no limit but the task's.
    pub cpu_quota_millis: Option<u64>,
    /// Some processor time is reserved for it: its programs come before those of containers for which none is
    /// ([`wharf_cgroup::slice`]).
    pub reserves_cpu: bool,
    pub pids_limit: Option<u64>,
    /// How readily the kernel ends it when memory runs out, up to 1000; 0 is as any process.
    pub oom_score_adj: i32,
    pub ulimits: Vec<Ulimit>,
    pub capabilities: Capabilities,
    pub privileged: bool,
    /// Nothing of `/proc` and `/sys` is hidden, nor read-only in `/proc`: for who is in a user namespace, where files of the kernel are
    /// somebody else's.
    pub unmasked: bool,
    pub read_only_root: bool,
    /// A small process 1 that reaps and passes signals on.
    pub init: bool,
    /// There is no program: the first process reaps what others leave in its PID namespace ([`ContainerSpec::reaper`]).
    pub reaps: bool,
    pub no_new_privileges: bool,
    /// One that is privileged has them all.
    pub system_calls: SystemCalls,
    /// An AppArmor profile that is loaded on the machine.
    pub app_armor: Option<String>,
    pub tmpfs: Vec<Tmpfs>,
    /// `None` is 64 MiB.
    pub shm_size_bytes: Option<u64>,
    pub sysctls: BTreeMap<String, String>,
    pub mounts: Vec<Mount>,
    pub devices: Vec<Device>,
    pub files: NameFiles,
    /// What it writes to its root file system is there for the next container of its name on the same disk.
    pub keeps_root: bool,
    /// The ended container whose place it takes; what that one had written goes.
    pub replaces: Option<ContainerName>,
    pub pid: NamespaceMode,
    pub ipc: NamespaceMode,
    /// A network namespace of its own, by its path; `None` is the task's.
    pub network: Option<PathBuf>,
    pub tty: bool,
    pub stdin: bool,
    pub log: LogMode,
}

impl ContainerSpec {
    /// A container with defaults everywhere else.
    pub fn new(name: ContainerName, argv: Vec<String>) -> Self {
        Self {
            name,
            argv,
            env: Vec::new(),
            secrets: None,
            user: String::new(),
            groups: Vec::new(),
            image_groups: ImageGroups::default(),
            working_dir: String::new(),
            hostname: String::new(),
            memory_limit_bytes: None,
            memory_reservation_bytes: None,
            swap_limit_bytes: None,
            swappiness: None,
            cpu_shares: None,
            cpu_quota_millis: None,
            reserves_cpu: false,
            pids_limit: None,
            oom_score_adj: 0,
            ulimits: Vec::new(),
            capabilities: Capabilities::default(),
            privileged: false,
            unmasked: false,
            read_only_root: false,
            init: false,
            reaps: false,
            no_new_privileges: true,
            system_calls: SystemCalls::Default,
            app_armor: None,
            tmpfs: Vec::new(),
            shm_size_bytes: None,
            sysctls: BTreeMap::new(),
            mounts: Vec::new(),
            devices: Vec::new(),
            files: NameFiles::default(),
            keeps_root: false,
            replaces: None,
            pid: NamespaceMode::Private,
            ipc: NamespaceMode::Private,
            network: None,
            tty: false,
            stdin: false,
            log: LogMode::default(),
        }
    }

    /// One whose PID namespace others share: its first process is nobody, may nothing, and reaps what they leave behind. Where
    /// memory runs out it is the last to be ended: they would all end with it.
    pub fn reaper(name: ContainerName) -> Self {
        let nobody = format!("{AS_NUMBER}{NOBODY}:{AS_NUMBER}{NOBODY}");
        let nothing = Capabilities {
            add: Vec::new(),
            drop: vec!["ALL".to_owned()],
        };
        Self {
            user: nobody,
            reaps: true,
            read_only_root: true,
            capabilities: nothing,
            log: LogMode::Discard,
            // By what it is known until it goes by its own name.
            ..Self::new(name, vec!["reaper".to_owned()])
        }
    }
}

/// Arguments and environment carry secrets.
impl std::fmt::Debug for ContainerSpec {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ContainerSpec")
            .field("name", &self.name)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// Whose secrets a container has: its own name, whichever of its runs this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretsOf {
    pub container: ContainerName,
    pub variables: Vec<String>,
}

/// Which system calls a container may make.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SystemCalls {
    /// Those that no other container is harmed by, as its capabilities widen them.
    #[default]
    Default,
    All,
    /// What a profile allows: `alone`, or of those above.
    Of {
        profile: Profile,
        alone: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tmpfs {
    pub path: PathBuf,
    pub size_bytes: u64,
    /// `ro`, `noexec`, `mode=1777`, …
    pub options: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// On the host; must exist before the task is created.
    pub source: PathBuf,
    pub destination: PathBuf,
    pub read_only: bool,
    /// The folder of the host that `source` may not leave: no link below it is followed.
    pub beneath: Option<PathBuf>,
    /// A new named volume: while it is empty it takes what the image has at the destination.
    pub copy_up: bool,
    /// Owners have the numbers of the task's user namespace already, and what is mounted below the source comes along: it is
    /// of another container in the same range.
    pub as_it_is: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub host_path: PathBuf,
    pub container_path: PathBuf,
    /// Of `r`, `w`, `m`.
    pub permissions: String,
}

/// Contents of the files that tell names; `None` leaves the image's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameFiles {
    pub resolv_conf: Option<String>,
    pub hosts: Option<String>,
    pub hostname: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum NamespaceMode {
    #[default]
    Private,
    Host,
    /// That of another, running container of the task.
    Of(ContainerName),
    /// That of a process of the host's, in the user namespace that the task has.
    OfProcess(i32),
}

/// What becomes of standard output and error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogMode {
    /// Log driver `none`.
    Discard,
    /// Kept on disk until delivered. Full, a blocking one lets the container wait and any other
    /// drops the oldest lines.
    Spool { max_bytes: u64, blocking: bool },
}

impl Default for LogMode {
    /// Blocking, with room for a long outage of the control plane.
    fn default() -> Self {
        Self::Spool {
            max_bytes: 64 << 20,
            blocking: true,
        }
    }
}

/// A wish this node cannot fulfil, or that contradicts itself.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    #[error("No command specified")]
    NoCommand,
    #[error("unknown capability: \"{0}\"")]
    UnknownCapability(String),
    #[error("unknown ulimit: \"{0}\"")]
    UnknownUlimit(String),
    #[error("ulimit {name}={wanted} is above the hard limit of this node, {hard}")]
    UlimitTooHigh {
        name: &'static str,
        wanted: u64,
        hard: u64,
    },
    #[error("cannot read the limit {name} of this node")]
    NodeLimit {
        name: &'static str,
        #[source]
        source: nix::Error,
    },
    #[error("Invalid signal: {0}")]
    UnknownSignal(String),
    #[error("the path {} of the container is not absolute", .0.display())]
    RelativePath(PathBuf),
    #[error("invalid {what}: it contains a zero byte or `=`")]
    BadText { what: &'static str },
    #[error("error gathering device information while adding custom device \"{}\": {reason}", path.display())]
    BadDevice { path: PathBuf, reason: String },
    #[error("invalid mount config for type \"bind\": bind source path does not exist: {}", .0.display())]
    NoMountSource(PathBuf),
    #[error("the namespace of container {0} cannot be shared: it does not run")]
    NoSuchNamespace(ContainerName),
    #[error("container {0} has no network namespace")]
    NoNetwork(ContainerName),
    #[error("a user namespace needs one of the folders /mnt, /media, /srv and /opt")]
    NoStage,
    #[error("the system call filter cannot be built: {0}")]
    Filter(String),
}
