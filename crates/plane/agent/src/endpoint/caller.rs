//! Who is at the other end of a connection.

use std::{net::IpAddr, sync::Arc};

use wharf_network::{Network, Scope};

use crate::{engine::NetworkMode, machine::network_owner, node::directory::TaskView};

/// A source of connections, by the address they come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// The task with this id: the address is its own.
    Task(String),
    /// A process in the host's own network: one of the tasks there, or a program of the machine.
    Host,
    /// An address that no task has (any more), in a scope of the network: another's has the same addresses.
    Unknown(Scope, IpAddr),
}

/// Tells whose an address is.
pub type CallerOf = Arc<dyn Fn(IpAddr) -> Caller + Send + Sync>;

/// Whose addresses are in a scope of the network.
pub fn callers_in(network: Network, scope: Scope) -> CallerOf {
    Arc::new(move |address| {
        let key = match address {
            IpAddr::V4(address) => network.key_at(&scope, address),
            IpAddr::V6(_) => None,
        };
        match key {
            Some(key) => Caller::Task(network_owner(&key).to_owned()),
            None => Caller::Unknown(scope.clone(), address),
        }
    })
}

impl Caller {
    /// Whether it may see what belongs to `task`. In the host's network addresses tell nothing
    /// apart, and only the secret id in the path does.
    pub fn may_be(&self, task: &TaskView) -> bool {
        match self {
            Self::Task(id) => *id == task.context.id,
            Self::Host => task.context.spec.network == NetworkMode::Host,
            Self::Unknown(..) => false,
        }
    }
}
