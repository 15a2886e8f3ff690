//! Listeners of a node within its VPC, for programs and pods of the node alone: those of other nodes, who may reach them as well, are
//! told apart by their addresses.

use std::{
    net::{IpAddr, SocketAddrV4},
    sync::Arc,
};

use tokio::net::TcpListener;
use wharf_network::{ENDPOINT, Network, Scope};

use crate::endpoint::{Caller, CallerOf};

/// At a port of its own.
///
/// # Errors
/// Nothing of the VPC is here.
pub async fn listen(network: &Network, vpc: &str) -> Result<TcpListener, String> {
    let scope = Scope::Vpc(vpc.to_owned());
    let listener = network.listen_in(&scope, (ENDPOINT, 0).into()).await;
    let listener = listener.map_err(|e| wharf_base::Chain(&e).to_string())?;
    TcpListener::from_std(listener).map_err(|e| e.to_string())
}

/// Where the VPC reaches a listener.
///
/// # Errors
/// The kernel does not say.
pub fn address(listener: &TcpListener) -> Result<SocketAddrV4, String> {
    let at = listener.local_addr().map_err(|e| e.to_string())?;
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
