//! The AWS endpoint inside a task's network: bytes go to the server's endpoint and back unchanged,
//! after a head of the node's own that says which task they come from
//! ([`wharf_planeproto::forward`]).
//!
//! Requests keep the `Host` they were signed with. Beyond this machine the way to the server is
//! encrypted by the agent, with the authority it was told to trust.

use std::{io, net::IpAddr, sync::Arc};

use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_planeproto::forward::Forwarded;

use super::{Caller, CallerOf, Connections, idle};
use crate::{client::Api, instances::Known, node::roster::Roster};

/// Where connections are carried to, and what is said of them.
#[derive(Clone)]
pub struct Proxy {
    /// The machine's own node's: its word on whose a connection is counts, whichever node the task is of.
    pub api: Api,
    pub roster: Roster,
    /// EC2 instances of this machine.
    pub instances: Known,
}

/// The VPC endpoint that a connection comes through, and its VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub vpc: String,
    /// ARN
    pub endpoint: String,
}

/// Tells through which endpoint an address comes, if through any.
pub type WayOf = Arc<dyn Fn(IpAddr) -> Option<Way> + Send + Sync>;

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
                let forwarded = this.forwarded(address, caller);
                if let Err(error) = this.carry(stream, &forwarded).await {
                    tracing::trace!(%error, "a task's connection to the endpoint broke");
                }
            }
        };
        super::accept(listener, caller, connections, shutdown, running, handle).await;
    }

    /// As [`Proxy::serve`], where a VPC endpoint is. What comes through none is closed.
    pub async fn serve_through(
        self,
        listener: TcpListener,
        caller: CallerOf,
        way: WayOf,
        connections: Connections,
        running: TaskTracker,
        shutdown: CancellationToken,
    ) {
        let handle = move |stream: TcpStream, address: IpAddr, caller: Caller| {
            let (this, way) = (self.clone(), way(address));
            async move {
                let Some(Way { vpc, endpoint }) = way else {
                    return;
                };
                let forwarded = Forwarded {
                    vpc: Some(vpc),
                    endpoint: Some(endpoint),
                    ..this.forwarded(address, caller)
                };
                if let Err(error) = this.carry(stream, &forwarded).await {
                    tracing::trace!(%error, "a connection through a VPC endpoint broke");
                }
            }
        };
        super::accept(listener, caller, connections, shutdown, running, handle).await;
    }

    async fn carry(&self, stream: TcpStream, forwarded: &Forwarded) -> io::Result<()> {
        if !speaks(&stream).await? {
            return Ok(());
        }
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
        let head = api.sign_forward(forwarded);
        upstream.write_all(head.as_bytes()).await?;
        upstream.flush().await?;
        idle::copy(stream, upstream).await
    }

    fn forwarded(&self, address: IpAddr, caller: Caller) -> Forwarded {
        let id = match caller {
            // The server sees the host itself, and that it is for a task.
            Caller::Host => return Forwarded::default(),
            Caller::Unknown(..) => None,
            Caller::Task(id) => Some(id),
        };
        if let Some(instance) = id.as_ref().and_then(|id| self.instances.get(id)) {
            return Forwarded {
                address: Some(address),
                task: None,
                vpc: Some(instance.interface.vpc.clone()),
                instance: Some(instance.id.clone()),
                endpoint: None,
            };
        }
        let found = id.and_then(|id| self.roster.task(&id));
        let task = found.as_ref().map(|found| &found.task.context.task);
        let vpc = task.and_then(|task| task.elastic_network_interfaces.first());
        Forwarded {
            address: Some(address),
            task: task.map(|task| task.arn.clone()),
            vpc: vpc.map(|interface| interface.vpc_id.clone()),
            instance: None,
            endpoint: None,
        }
    }
}

/// Whether the client says anything before it goes: in HTTP it begins, and one that is silent costs the server no
/// connection.
///
/// # Errors
/// The connection broke, or nothing was said for long.
async fn speaks(stream: &TcpStream) -> io::Result<bool> {
    Ok(timeout(idle::SILENCE, stream.peek(&mut [0])).await?? > 0)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await;
        (client.unwrap(), listener.accept().await.unwrap().0)
    }

    #[tokio::test]
    async fn who_says_nothing_is_not_carried() {
        let (client, ours) = pair().await;
        drop(client);
        assert!(!speaks(&ours).await.unwrap());
    }

    #[tokio::test]
    async fn what_was_said_is_still_there() {
        let (mut client, mut ours) = pair().await;
        client.write_all(b"GET").await.unwrap();
        assert!(speaks(&ours).await.unwrap());
        let mut said = [0; 3];
        ours.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"GET");
    }
}
