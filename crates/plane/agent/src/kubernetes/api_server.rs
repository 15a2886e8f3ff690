//! The way of pods to their cluster's API server. It is on the control plane's machine, where a VPC may have no way to and must not
//! need one: so the node listens within the VPC, at a link-local address that nobody is asked about, and carries what comes to the
//! server as its own, without looking into it. Services of the node lead there ([`super::services`]); programs of other nodes, which may
//! reach the listener as well, are turned away.

use std::{
    io,
    net::{IpAddr, SocketAddrV4},
    time::Duration,
};

use nix::sys::socket::{setsockopt, sockopt};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_network::Network;

use super::members::{self, NoListener};
use crate::endpoint::{self, Caller, Connections};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Watches say nothing for minutes; a pod that is gone is noticed after these.
const KEEPALIVE_AFTER_S: u32 = 30;
const KEEPALIVE_EVERY_S: u32 = 10;
const KEEPALIVE_TRIES: u32 = 3;

pub struct ApiServer {
    listener: TcpListener,
    /// `host:port`
    server: String,
}

impl ApiServer {
    /// # Errors
    /// Nothing of the VPC is here.
    pub async fn bind(
        network: &Network,
        vpc: &str,
        port: u16,
        server: &str,
    ) -> Result<Self, NoListener> {
        Ok(Self {
            listener: members::listen(network, vpc, port).await?,
            server: server.to_owned(),
        })
    }

    /// Where the VPC reaches it.
    ///
    /// # Errors
    /// The kernel does not say.
    pub fn address(&self) -> io::Result<SocketAddrV4> {
        members::address(&self.listener)
    }

    /// Carries what programs and pods of the node `instance` say, until `stop`.
    pub async fn serve(
        self,
        network: Network,
        vpc: String,
        instance: String,
        connections: Connections,
        stop: CancellationToken,
    ) {
        let caller = members::callers(network, vpc, instance);
        let server = self.server;
        let handle = move |stream: TcpStream, address: IpAddr, caller: Caller| {
            let server = server.clone();
            async move {
                if !matches!(caller, Caller::Task(_)) {
                    tracing::debug!(%address, "a connection to an API server is refused: it is of no pod of the node");
                    return;
                }
                if let Err(error) = carry(stream, &server).await {
                    tracing::debug!(%address, %error, "a pod's connection to its API server broke");
                }
            }
        };
        let running = TaskTracker::new();
        endpoint::accept(self.listener, caller, connections, stop, running, handle).await;
    }
}

async fn carry(mut pod: TcpStream, server: &str) -> io::Result<()> {
    setsockopt(&pod, sockopt::KeepAlive, &true)?;
    setsockopt(&pod, sockopt::TcpKeepIdle, &KEEPALIVE_AFTER_S)?;
    setsockopt(&pod, sockopt::TcpKeepInterval, &KEEPALIVE_EVERY_S)?;
    setsockopt(&pod, sockopt::TcpKeepCount, &KEEPALIVE_TRIES)?;
    let mut upstream = timeout(CONNECT_TIMEOUT, TcpStream::connect(server)).await??;
    upstream.set_nodelay(true)?;
    copy_bidirectional(&mut pod, &mut upstream).await.map(drop)
}
