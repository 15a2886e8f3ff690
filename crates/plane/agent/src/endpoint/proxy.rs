//! The AWS endpoint inside a task's network: bytes go to the server's endpoint and back unchanged,
//! after a head of the node's own that says which task they come from
//! ([`wharf_planeproto::forward`]).
//!
//! Requests keep the `Host` they were signed with. Beyond this machine the way to the server is
//! encrypted by the agent, with the authority it was told to trust.

use std::{io, net::IpAddr};

use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_planeproto::forward::Forwarded;

use super::{Caller, CallerOf, Connections, idle};
use crate::{client::Api, node::directory::Directory};

/// Where connections are carried to, and what is said of them.
#[derive(Clone)]
pub struct Proxy {
    pub api: Api,
    pub directory: Directory,
}

impl Proxy {
    /// Serves until shutdown.
    pub async fn serve(
        self,
        listener: TcpListener,
        caller: CallerOf,
        connections: Connections,
        running: TaskTracker,
        shutdown: CancellationToken,
    ) {
        let handle = move |stream: TcpStream, address: IpAddr, caller: Caller| {
            let this = self.clone();
            async move {
                if let Err(error) = this.carry(stream, address, caller).await {
                    tracing::trace!(%error, "a task's connection to the endpoint broke");
                }
            }
        };
        super::accept(listener, caller, connections, shutdown, running, handle).await;
    }

    async fn carry(&self, stream: TcpStream, address: IpAddr, caller: Caller) -> io::Result<()> {
        let api = &self.api;
        let mut upstream = match api.dialer().connect(api.endpoint()).await {
            Ok(upstream) => upstream,
            Err(error) => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "no way to the endpoint"
                );
                return Ok(());
            }
        };
        let head = api.sign_forward(&self.forwarded(address, caller));
        upstream.write_all(head.as_bytes()).await?;
        upstream.flush().await?;
        idle::copy(stream, upstream).await
    }

    fn forwarded(&self, address: IpAddr, caller: Caller) -> Forwarded {
        let id = match caller {
            // The server sees the host itself, and that it is for a task.
            Caller::Host => return Forwarded::default(),
            Caller::Unknown(_) => None,
            Caller::Task(id) => Some(id),
        };
        let view = id.and_then(|id| self.directory.task(&id));
        let task = view.as_ref().map(|view| &view.context.task);
        let vpc = task.and_then(|task| task.elastic_network_interfaces.first());
        Forwarded {
            address: Some(address),
            task: task.map(|task| task.arn.clone()),
            vpc: vpc.map(|interface| interface.vpc_id.clone()),
        }
    }
}
