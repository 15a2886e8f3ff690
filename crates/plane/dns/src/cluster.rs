//! The name services of Kubernetes' clusters on this host: each node of one keeps the cluster's names by the watches of its services,
//! and answers its own pods and programs.
//!
//! They are all asked at one address of their VPC; who asks decides the cluster.

pub(crate) mod zone;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wharf_kube_services::Services;
use wharf_network::ResolverSockets;

use self::zone::Zone;
use crate::names::Names;

/// Services that change at once; those who ask wait meanwhile.
const TURN: usize = 64;

type IsMember = Box<dyn Fn(Ipv4Addr) -> bool + Send + Sync>;

/// A node of this host, with the names of its cluster.
pub(crate) struct Node {
    vpc: String,
    is_member: IsMember,
    pub(crate) zone: RwLock<Zone>,
    /// All that was there is in the zone: what is not, is not there.
    pub(crate) is_whole: AtomicBool,
}

#[derive(Default)]
pub(crate) struct Clusters {
    nodes: RwLock<Vec<Arc<Node>>>,
}

impl Clusters {
    /// The node that the asker belongs to.
    pub(crate) fn of(&self, vpc: &str, source: Ipv4Addr) -> Option<Arc<Node>> {
        let nodes = self.nodes.read();
        let mut of_vpc = nodes.iter().filter(|it| it.vpc == vpc);
        of_vpc.find(|it| (it.is_member)(source)).cloned()
    }
}

/// The node's part ends when this is dropped.
struct Joined {
    names: Names,
    node: Arc<Node>,
}

impl Drop for Joined {
    fn drop(&mut self) {
        let mut nodes = self.names.clusters().nodes.write();
        nodes.retain(|it| !Arc::ptr_eq(it, &self.node));
    }
}

impl Names {
    /// Answers the nodes of a VPC at these sockets until told to stop.
    ///
    /// # Errors
    /// They are no sockets for this runtime.
    pub fn serve_clusters(
        &self,
        sockets: ResolverSockets,
        running: &TaskTracker,
        stop: &CancellationToken,
    ) -> io::Result<()> {
        self.serve_as(sockets, true, running, stop)
    }

    /// Answers the members of a node with its cluster's names as they become, until it is dropped; before the first lists, with those
    /// that a former process knew.
    pub async fn follow_cluster(
        &self,
        vpc: String,
        is_member: impl Fn(Ipv4Addr) -> bool + Send + Sync + 'static,
        services: Services,
    ) {
        let node = Arc::new(Node {
            vpc,
            is_member: Box::new(is_member),
            zone: RwLock::default(),
            is_whole: AtomicBool::new(false),
        });
        self.clusters().nodes.write().push(node.clone());
        let _joined = Joined {
            names: self.clone(),
            node: node.clone(),
        };
        *node.zone.write() = Zone::of(&services.known());
        services.synced().await;
        let reader = services.reader();
        *node.zone.write() = Zone::of(&services.book());
        node.is_whole.store(true, Ordering::Release);
        loop {
            let changed = reader.changed(TURN).await;
            {
                let (book, mut zone) = (services.book(), node.zone.write());
                for name in changed {
                    zone.put(&name, book.get(&name));
                }
            }
            // Others have their turn.
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests;
