//! Requests, replies and events. One request a connection; `Subscribe` and `Exec` keep theirs open.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{ContainerName, ContainerSetup, ExecPlan, ExitRecord, PROTOCOL_VERSION};

/// A request with the version its sender speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    pub version: u32,
    pub request: Request,
}

impl Envelope {
    pub fn new(request: Request) -> Self {
        Self {
            version: PROTOCOL_VERSION,
            request,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Everything the shim knows → [`Reply::Status`].
    Status,
    /// Create from the files in `containers/<name>/` → [`Reply::Created`].
    Create {
        container: ContainerName,
        setup: ContainerSetup,
    },
    /// Keep secrets for as long as the shim lives, for containers that name them
    /// ([`ContainerSetup::secrets`]) → [`Reply::Done`]. One descriptor travels beside: a file that exists in
    /// memory alone ([`crate::secrets`]). The first that is given under a name stays.
    HoldSecrets { container: ContainerName },
    /// Keep a block device open for as long as the shim lives, so that its number means the same until then → [`Reply::Done`]. One
    /// descriptor travels beside; the first that is given under a name stays.
    HoldDevice { name: String },
    /// Run the program of a created container → [`Reply::Started`].
    Start { container: ContainerName },
    /// To the first process → [`Reply::Done`].
    Signal {
        container: ContainerName,
        signal: i32,
    },
    /// Signal now, SIGKILL after `grace_ms` → [`Reply::Done`] at once; the end is an event.
    Stop {
        container: ContainerName,
        signal: i32,
        grace_ms: u64,
    },
    /// A further process; three descriptors travel beside → [`Reply::Started`], then on the same
    /// connection [`Reply::Event`] with [`Event::ExecExited`]. A closed connection kills it only if it
    /// is bound.
    Exec {
        container: ContainerName,
        exec: ExecPlan,
    },
    /// Have a part in the first process → [`Reply::Done`]. One descriptor travels beside, a datagram socket: over it comes, before
    /// the reply, the other end of standard input, a pipe's or a terminal's, if the container has one. From then on what is printed
    /// becomes a record as it comes, without waiting for the end of its line. With `once` the shim keeps no end of a pipe: its input
    /// ends with whoever attached first.
    Attach {
        container: ContainerName,
        once: bool,
    },
    /// To the process of an exec session → [`Reply::Done`].
    SignalExec { pid: i32, signal: i32 },
    /// Log records before this offset were delivered → [`Reply::Done`].
    Trim {
        container: ContainerName,
        before: u64,
    },
    /// Forget an ended container: mount and cgroup go → [`Reply::Done`].
    Remove { container: ContainerName },
    /// A [`Reply::Event`] for the state of each container now, [`Event::CaughtUp`], then as it happens.
    Subscribe,
    /// End the shim; refused while a container runs, unless `kill` → [`Reply::Done`].
    Shutdown { kill: bool },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    Done,
    Status { status: TaskStatus },
    Created { pid: i32 },
    Started { pid: i32, at: i64 },
    Event { event: Event },
    Failed { failure: Failure },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    Created {
        container: ContainerName,
        pid: i32,
    },
    /// Times in milliseconds since 1970.
    Started {
        container: ContainerName,
        pid: i32,
        at: i64,
    },
    Exited {
        container: ContainerName,
        exit: ExitRecord,
    },
    Removed {
        container: ContainerName,
    },
    ExecExited {
        container: ContainerName,
        pid: i32,
        code: i32,
    },
    /// What follows happens from now on.
    CaughtUp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskStatus {
    pub version: u32,
    pub shim_pid: i32,
    pub containers: BTreeMap<ContainerName, ContainerStatus>,
    /// The names under which it holds secrets.
    #[serde(default)]
    pub secrets: BTreeSet<ContainerName>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerStatus {
    pub state: ContainerState,
    /// 0 before it was created.
    pub pid: i32,
    pub started_at: Option<i64>,
    pub exit: Option<ExitRecord>,
    /// Whom its program began as, once that is known; shims from before it was told never say it.
    #[serde(default)]
    pub user: Option<ProgramUser>,
}

/// Whom a program runs as, by the numbers inside of its container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramUser {
    pub uid: u32,
    pub gid: u32,
    /// Those it is in beside that.
    pub groups: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerState {
    Creating,
    Created,
    Running,
    Stopped,
}

/// Why a request was not done. The texts are the halves that follow
/// `CannotStartContainerError: Error response from daemon: ` and its sisters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "failure", rename_all = "snake_case")]
pub enum Failure {
    #[error("No such container: {container}")]
    NoSuchContainer { container: ContainerName },
    #[error("Conflict. The container name \"{container}\" is already in use")]
    AlreadyExists { container: ContainerName },
    #[error("the container is {state:?} and cannot {wanted}")]
    WrongState {
        state: ContainerState,
        wanted: String,
    },
    #[error("exec: \"{command}\": executable file not found in $PATH: unknown")]
    CommandNotFound { command: String },
    /// The file is there or its path was given, and the kernel refuses it.
    #[error("exec: \"{command}\": {detail}: unknown")]
    CannotExecute { command: String, detail: String },
    #[error("chdir to cwd (\"{path}\") set in config.json failed: {detail}: unknown")]
    WorkingDirectory { path: String, detail: String },
    #[error("unable to find user {user}: no matching entries in passwd file")]
    UnknownUser { user: String },
    #[error("unable to find group {group}: no matching entries in group file")]
    UnknownGroup { group: String },
    #[error("error preparing the root file system: {detail}")]
    Rootfs { detail: String },
    #[error("error setting up the process: {step}: {detail}")]
    Process { step: String, detail: String },
    #[error("OCI runtime create failed: {detail}")]
    Runtime { detail: String },
    #[error("the bundle cannot be read: {detail}")]
    BadBundle { detail: String },
    #[error("this shim does not know the request: {detail}")]
    UnsupportedRequest { detail: String },
    #[error("the shim holds no secrets of container {container}")]
    NoSecrets { container: ContainerName },
    #[error("too many {what}: at most {limit}")]
    TooMany { what: String, limit: usize },
}

impl Failure {
    /// What a shell would have exited with: 127 not found, 126 not executable, else `None`.
    pub fn exit_code(&self) -> Option<i32> {
        match self {
            Self::CommandNotFound { .. } => Some(127),
            Self::CannotExecute { .. } => Some(126),
            _ => None,
        }
    }
}
