//! Listeners of a node within its VPC, for programs and pods of the node alone: those of other nodes, who may reach them as well, are
//! told apart by their addresses.

use std::{
    io,
    net::{IpAddr, SocketAddrV4},
    path::Path,
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use wharf_durable::{self as durable, Durability};
use wharf_network::{ENDPOINT, Network, NetworkError, Scope};

use crate::endpoint::{Caller, CallerOf};

/// Of the file with the ports, in bytes.
const PORTS_LIMIT: u64 = 4096;

/// Where the listeners of a node are; 0 of one that was never there. What leads its pods to them outlives the agent and is written anew
/// only when all services are known: so the next agent listens where the last one did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ports {
    pub api_server: u16,
    pub pod_identity: u16,
    pub health: u16,
}

impl Ports {
    /// Those of the last agent. Without them pods are led to new ones a while later.
    pub fn load(path: &Path) -> Self {
        let ports = durable::read_json(path, PORTS_LIMIT);
        ports.map(Option::unwrap_or_default).unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), %error, "failed to read the ports of a node; it takes others");
            Self::default()
        })
    }

    /// # Errors
    /// It cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            durable::private_folder(folder)?;
        }
        // What leads there does not outlive the machine.
        durable::replace_json(path, self, Durability::Process)
    }
}

/// Why a node does not listen within its VPC.
#[derive(Debug, thiserror::Error)]
pub enum NoListener {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// At that port, or at any where it is 0 or another's by now.
///
/// # Errors
/// Nothing of the VPC is here.
pub async fn listen(network: &Network, vpc: &str, port: u16) -> Result<TcpListener, NoListener> {
    let scope = Scope::Vpc(vpc.to_owned());
    let listen = |port: u16| network.listen_in(&scope, (ENDPOINT, port).into());
    let listener = at_port(port, listen).await?;
    Ok(TcpListener::from_std(listener)?)
}

async fn at_port<T, E, F: Future<Output = Result<T, E>>>(
    port: u16,
    listen: impl Fn(u16) -> F,
) -> Result<T, E> {
    match listen(port).await {
        Err(_) if port != 0 => listen(0).await,
        other => other,
    }
}

/// Where the VPC reaches a listener.
///
/// # Errors
/// The kernel does not say.
pub fn address(listener: &TcpListener) -> io::Result<SocketAddrV4> {
    let at = listener.local_addr()?;
    Ok(SocketAddrV4::new(ENDPOINT, at.port()))
}

/// Members of the node `instance` are known by their keys in the network; all others by nothing. The network says who is one, by its own
/// records: a node that has just started has not heard of its pods yet, and they run.
pub fn callers(network: Network, vpc: String, instance: String) -> CallerOf {
    let scope = Scope::Vpc(vpc);
    Arc::new(move |address| {
        let key = match address {
            IpAddr::V4(address) => network.member_at(&scope, address, &instance),
            IpAddr::V6(_) => None,
        };
        match key {
            Some(key) => Caller::Task(key),
            None => Caller::Unknown(scope.clone(), address),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_agent_finds_the_ports() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("listeners/i-1.json");
        assert_eq!(Ports::load(&path), Ports::default());
        let ports = Ports {
            api_server: 40_001,
            pod_identity: 40_002,
            health: 40_003,
        };
        ports.save(&path).unwrap();
        assert_eq!(Ports::load(&path), ports);
        std::fs::write(&path, "{").unwrap();
        assert_eq!(Ports::load(&path), Ports::default());
        std::fs::write(&path, r#"{"api_server": 40001}"#).unwrap();
        assert_eq!(
            (Ports::load(&path).api_server, Ports::load(&path).health),
            (40_001, 0)
        );
    }

    #[tokio::test]
    async fn a_port_that_another_has_is_not_waited_for() {
        let listen = |port: u16| async move {
            match port {
                40_001 => Err("taken"),
                port => Ok(port),
            }
        };
        for (port, expected) in [(40_001, 0), (40_002, 40_002), (0, 0)] {
            assert_eq!(at_port(port, listen).await, Ok(expected));
        }
        let none = |_: u16| async { Err::<u16, _>("no VPC") };
        assert_eq!(at_port(40_001, none).await, Err("no VPC"));
        assert_eq!(at_port(0, none).await, Err("no VPC"));
    }
}
