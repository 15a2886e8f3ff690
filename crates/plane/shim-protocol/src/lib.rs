//! What the agent's side (`wharf-container`) and the shim have in common: the layout of a task's
//! folder, the messages on its socket, the plan a container is created from, and the log spool.
//!
//! Both ends may be of different versions: a shim outlives the agent that started it. Each message
//! carries [`PROTOCOL_VERSION`]; unknown fields are ignored, unknown requests refused with
//! [`Failure::UnsupportedRequest`]. Everything read from socket or disk is bounded before it is allocated.

#![forbid(unsafe_code)]

pub mod folder;
pub mod frame;
pub mod limits;
pub mod message;
pub mod name;
pub mod plan;
pub mod record;
pub mod secrets;
pub mod spool;

pub use folder::TaskFolder;
pub use message::{
    ContainerState, ContainerStatus, Envelope, Event, Failure, ProgramUser, Reply, Request,
    TaskStatus,
};
pub use name::ContainerName;
pub use plan::{
    ContainerPlan, ContainerSetup, ExecPlan, ImageGroups, LogPlan, ProcessPlan, RootfsPlan,
    ShimSetup,
};
pub use record::{ExitRecord, ShimState};

/// Raised when a message changes its meaning; a shim answers one version back as well.
pub const PROTOCOL_VERSION: u32 = 1;

/// What a shim says once it listens: in the folder with the task's record, or in its part in memory.
pub const READY: [&str; 2] = ["ready", "ready in memory"];

/// Milliseconds since 1970, as everything in a task's folder counts them.
pub fn now_ms() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}
