//! Who is at the other end of a connection.

use std::{net::IpAddr, sync::Arc};

use crate::{engine::NetworkMode, node::directory::TaskView};

/// A source of connections, by the address they come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// The task with this id: the address is its own.
    Task(String),
    /// A process in the host's own network: one of the tasks there, or a program of the machine.
    Host,
    /// An address that no task has (any more).
    Unknown(IpAddr),
}

/// Tells whose an address is.
pub type CallerOf = Arc<dyn Fn(IpAddr) -> Caller + Send + Sync>;

impl Caller {
    /// Whether it may see what belongs to `task`. In the host's network addresses tell nothing
    /// apart, and only the secret id in the path does.
    pub fn may_be(&self, task: &TaskView) -> bool {
        match self {
            Self::Task(id) => *id == task.context.id,
            Self::Host => task.context.spec.network == NetworkMode::Host,
            Self::Unknown(_) => false,
        }
    }
}
