//! What the shim does for a container beyond the OCI bundle: the root file system it mounts, and
//! the last steps before the program, which it takes itself (user, capabilities, seccomp).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use wharf_userns::IdRange;

use crate::ContainerName;

/// Bound on `plan.json`, in bytes: environment and arguments may be 2 MiB together.
pub const PLAN_LIMIT: u64 = 8 << 20;

/// `plan.json`, beside the bundle's `config.json`: read by the short-lived process that creates the
/// container, so that the resident shim never holds an environment or a list of layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerPlan {
    pub rootfs: RootfsPlan,
    pub process: ProcessPlan,
    /// New volumes that take over what the image has at their mount point.
    #[serde(default)]
    pub copy_up: Vec<CopyUp>,
    /// Folders and files that the host lends, opened without following links.
    #[serde(default)]
    pub host_binds: Vec<HostBind>,
    /// Run a small process 1 of our own that reaps orphans and passes signals on.
    #[serde(default)]
    pub init: bool,
    /// There is no program: the first process reaps what others leave in its PID namespace, until it is killed.
    #[serde(default)]
    pub reaps: bool,
    /// The process, as the host numbers it, whose PID namespace the program runs in. The bundle
    /// names none then: the namespace is joined last, and its `/proc` is put at
    /// [`crate::folder::ContainerFolder::proc`] for the bundle to bind.
    #[serde(default)]
    pub pid_namespace_of: Option<i32>,
    /// Folders and files of the host that the bundle binds from the stage, where it finds each under
    /// its number ([`UserSetup::staged`]).
    #[serde(default)]
    pub staged: Vec<PathBuf>,
    /// Which of them are not to have their owners mapped, and bring along what is mounted below them.
    #[serde(default)]
    pub staged_as_they_are: Vec<usize>,
    /// Hard limits, by the kernel's number of the resource, that only the host's root may set.
    #[serde(default)]
    pub raised_limits: Vec<(u32, u64)>,
    /// In microseconds, the slice of processor time that its programs have; nothing is the kernel's own. It stands here and
    /// not in the bundle, where shims of the version before would refuse it: going on without restricts nobody less.
    #[serde(default)]
    pub slice_us: Option<u64>,
}

/// What the resident shim has to know of a container; travels with the request to create it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSetup {
    /// Absolute in every hierarchy: `/wharf-<installation>/containers/<task>/<name>`, or
    /// `/wharf-<installation>-spare/<task>/<name>`; made by the agent.
    pub cgroup: String,
    pub log: LogPlan,
    /// Keep standard input open for whoever attaches; otherwise it is empty.
    #[serde(default)]
    pub stdin: bool,
    #[serde(default)]
    pub tty: bool,
    /// Its processes are not all in a namespace that ends with the first one, so that what is left
    /// in the cgroup has to be killed.
    #[serde(default)]
    pub shares_pids: bool,
    /// The ended container whose place it takes: what that one had written goes.
    #[serde(default)]
    pub replaces: Option<ContainerName>,
    /// In the task's user namespace, as this says.
    #[serde(default)]
    pub user: Option<UserSetup>,
    /// Its environment has these secrets too: those that the shim holds under this name
    /// ([`crate::Request::HoldSecrets`]). Without them it is not made.
    #[serde(default)]
    pub secrets: Option<ContainerName>,
}

/// A container in a user namespace: the one that the task's network namespace belongs to.
///
/// Its root is nobody on the host and cannot walk the folders in which everything lies. The shim
/// puts what the container needs on a stage in its own mount namespace, owners mapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSetup {
    pub range: IdRange,
    /// The container's folder on the stage; absolute.
    pub stage: PathBuf,
}

impl UserSetup {
    pub fn rootfs(&self) -> PathBuf {
        self.stage.join("rootfs")
    }

    pub fn proc(&self) -> PathBuf {
        self.stage.join(crate::folder::PROC)
    }

    pub fn staged(&self, number: usize) -> PathBuf {
        self.stage.join(number.to_string())
    }
}

/// What the shim needs from `task.json`; the agent keeps more in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShimSetup {
    /// Where the shim itself belongs: outside of the agent's and of the task's limits.
    pub cgroup: String,
    /// The task's network namespace, held open for as long as the shim lives.
    pub netns: Option<PathBuf>,
    /// The folder over which the shim mounts the stage of containers in a user namespace; none of
    /// what they need lies below it.
    #[serde(default)]
    pub stage: Option<PathBuf>,
    /// The task has a disk of its own; its mount, made nowhere yet, is the shim's standard input.
    #[serde(default)]
    pub disk: bool,
    /// The task's folder in memory, absolute ([`crate::TaskFolder::with_run`]).
    #[serde(default)]
    pub run: Option<PathBuf>,
}

/// The number under which the shim and the processes it forks hold the task's network namespace;
/// bundles name it as [`NETNS_PATH`].
pub const NETNS_FD: i32 = 10;
pub const NETNS_PATH: &str = "/proc/self/fd/10";

/// As [`NETNS_FD`], for the user namespace that it belongs to, where the task has a stage.
pub const USERNS_FD: i32 = 11;
pub const USERNS_PATH: &str = "/proc/self/fd/11";

/// The overlay's parts; empty `layers` is an empty root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootfsPlan {
    /// Lowest first, as the image lists them; absolute.
    pub layers: Vec<PathBuf>,
    /// What is written is flushed to the disk, and is there for the next container of the name.
    #[serde(default)]
    pub kept: bool,
}

/// A path of the host on its way into a container. Containers may change what lies below `beneath`
/// while it is mounted, so it is opened once, without following a link, and bound to `at`, which the
/// bundle names as its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostBind {
    /// Lent by the node's operator; trusted.
    pub beneath: PathBuf,
    /// `beneath`, or below it.
    pub source: PathBuf,
    /// In the container's folder; made.
    pub at: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyUp {
    /// On the host; filled only while it is empty.
    pub volume: PathBuf,
    /// Inside the container.
    pub destination: PathBuf,
}

/// A process inside the container: its first, or one run by exec.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessPlan {
    pub argv: Vec<String>,
    /// `NAME=value`, in order.
    pub env: Vec<String>,
    /// `user[:group]`, names or numbers, looked up inside the container; empty is root.
    #[serde(default)]
    pub user: String,
    /// Absolute; made if missing.
    pub working_dir: String,
    /// Bit n is capability n: the bounding set, and what root keeps.
    pub capabilities: u64,
    #[serde(default)]
    pub no_new_privileges: bool,
    #[serde(default)]
    pub tty: bool,
    /// Numbers of supplementary groups beside those the image knows.
    #[serde(default)]
    pub groups: Vec<u32>,
    #[serde(default)]
    pub image_groups: ImageGroups,
    /// The AppArmor profile, loaded on the machine, that its programs run under.
    #[serde(default)]
    pub app_armor: Option<String>,
}

/// Whether a program has the groups that the image's `/etc/group` gives its user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageGroups {
    /// Not where a group is named beside the user: as Docker does it.
    #[default]
    UnlessNamed,
    Always,
    Never,
}

/// Arguments and environment carry secrets.
impl std::fmt::Debug for ProcessPlan {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ProcessPlan")
            .field("argc", &self.argv.len())
            .field("env", &self.env.len())
            .field("user", &self.user)
            .field("working_dir", &self.working_dir)
            .field("capabilities", &format_args!("{:#x}", self.capabilities))
            .finish_non_exhaustive()
    }
}

/// A further process; its standard streams travel beside the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecPlan {
    pub process: ProcessPlan,
    /// Names of the environment that the exec itself sets: no secret of the container takes their place.
    #[serde(default)]
    pub own_variables: Vec<String>,
    /// The end of the connection that asked for it is its end too.
    #[serde(default)]
    pub bound: bool,
}

/// What becomes of standard output and error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum LogPlan {
    /// Read and forgotten.
    Discard,
    /// Kept on disk until trimmed. At `max_bytes` the container waits if `blocking`, else the
    /// oldest segments go.
    Spool { max_bytes: u64, blocking: bool },
}
