//! The node as a whole: what it knows ([`core`]), where it keeps it ([`disk`]), how it reaches the
//! control plane ([`session`], [`telemetry`], [`reports`]), what it fetches before a task is there ([`ahead`]), and the
//! loop that owns it all ([`run`]).

pub mod ahead;
pub mod core;
pub mod credentials;
pub mod directory;
pub mod disk;
pub mod machine;
mod reach;
pub mod record;
pub mod register;
pub mod reports;
pub mod roster;
pub mod run;
pub mod session;
pub mod telemetry;

use std::io;

use crate::client::{BadEndpoint, ConnectError};

/// Why a node cannot run, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    #[error("the node's endpoint")]
    Endpoint(#[from] BadEndpoint),
    #[error("the authority's certificate")]
    Authority(#[from] ConnectError),
    #[error("the node's state")]
    Disk(#[from] disk::DiskError),
    #[error("{part} of this machine")]
    Machine {
        part: &'static str,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(transparent)]
    Allow(#[from] crate::allow::BadFolder),
    #[error("what this machine has")]
    Host(#[source] io::Error),
    #[error("the control plane refuses this node: {0}")]
    Refused(String),
    #[error("the node's loop has ended")]
    Ended,
    #[error("the credentials of the instance's role")]
    Credentials(#[source] crate::nodes::NoCredentials),
    #[error("`{0}` is not the id of an instance")]
    InstanceId(String),
    #[error("the attribute {0} is not the instance's to set")]
    Attribute(String),
    #[error("this process is shutting down")]
    ShuttingDown,
}
