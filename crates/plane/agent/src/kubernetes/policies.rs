//! The network policies of a node: what its cluster says becomes rules of the network.
//!
//! Policies are followed always; pods and namespaces of the cluster, which are many, once there is a policy that may speak of them. What
//! changes goes in turns. While the API server is away the rules stay as they are, and while this program is.
//!
//! A pod gets its network once the rules about it are in place ([`Gate`]): the API is asked which policies its namespace has, and the pod
//! waits until each of them, in that revision or a later one, is in the kernel for its address. So a policy that was there when the pod
//! was made holds from the pod's first packet, whichever of the two was heard of first.

mod rules;

use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;
use wharf_base::Backoff;
use wharf_kube_client::{
    Change, Client, Informer, Object as _, Selection,
    kind::{self, Kind},
};
use wharf_kube_policies::{Book, Front, Pod};
use wharf_kube_services::{Name, Services};
use wharf_kubelet::machine::{Cause, Gate};
use wharf_network::{CLUSTER_RESOLVER, Network, NetworkError, PoliciesUpdate};

use super::services::Node;

/// Between batches of one node: what changes meanwhile goes together, and others have their turn.
const PAUSE: Duration = Duration::from_millis(20);
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Services that are looked at in one turn.
const TURN: usize = 256;
/// A pod waits no longer at a time; its node tries again.
const PATIENCE: Duration = Duration::from_secs(30);
/// A policy that the API told of may be gone before it was heard of.
const ASK_AGAIN: Duration = Duration::from_secs(2);
const NAMES: u16 = 53;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// Clones are handles of the same.
#[derive(Clone)]
pub struct Policies(Arc<Shared>);

struct Shared {
    client: Client,
    kept: Mutex<Kept>,
    /// The version of what is known.
    known: watch::Sender<u64>,
    /// The version that the kernel holds pods to.
    applied: watch::Sender<u64>,
}

struct Kept {
    book: Book,
    version: u64,
}

/// All pods and namespaces.
struct Around {
    pods: Informer,
    namespaces: Informer,
}

impl Policies {
    pub fn new(client: Client, node: &str) -> Self {
        let mut book = Book::new(node);
        book.add_pod(Pod::name_service(CLUSTER_RESOLVER));
        Self(Arc::new(Shared {
            client,
            kept: Mutex::new(Kept { book, version: 1 }),
            known: watch::Sender::new(1),
            applied: watch::Sender::new(0),
        }))
    }

    /// Holds the node's pods to its cluster's policies until `stop`. What was written then holds on.
    pub async fn follow(
        self,
        network: Network,
        services: Services,
        node: Node,
        stop: CancellationToken,
    ) {
        let work = async {
            let policies = self.policies(&stop);
            policies.synced().await;
            services.synced().await;
            let mut around = None;
            let mut wait = Backoff::steady(FIRST_WAIT, LONGEST_WAIT);
            loop {
                let began = Instant::now();
                let held = self.hold(&network, &services, &node, &mut around, &stop);
                let error = held.await;
                if began.elapsed() > LONGEST_WAIT {
                    wait.reset();
                }
                let pause = wait.wait();
                tracing::warn!(
                    instance = node.instance,
                    error = &error as &dyn std::error::Error,
                    "failed to apply network policies; will retry in {} ms",
                    pause.as_millis()
                );
                sleep(pause).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => {}
        }
    }

    /// Ends with what went wrong.
    async fn hold(
        &self,
        network: &Network,
        services: &Services,
        node: &Node,
        around: &mut Option<Around>,
        stop: &CancellationToken,
    ) -> NetworkError {
        // Before the services are read, so that nothing falls between the two.
        let reader = services.reader();
        let mut known = self.0.known.subscribe();
        // Whether there is a table that this call wrote; nobody knows at first.
        let mut is_written = None;
        loop {
            known.borrow_and_update();
            if around.is_none() && !self.0.kept.lock().book.is_idle() {
                *around = Some(self.look_around(stop).await);
            }
            let fronts = fronts(services, node);
            let (update, version) = {
                let mut kept = self.0.kept.lock();
                kept.book.set_fronts(fronts);
                let update = match (is_written, kept.book.is_idle()) {
                    // Where there is no policy packets meet no rule about them.
                    (Some(false), true) => None,
                    (_, true) => Some(PoliciesUpdate::Gone),
                    (Some(true), false) => rules::changes(kept.book.changes(), &node.instance),
                    (_, false) => {
                        let all = rules::all(kept.book.rules(), &node.instance);
                        Some(PoliciesUpdate::Snapshot(all))
                    }
                };
                is_written = Some(!kept.book.is_idle());
                (update, kept.version)
            };
            if let Some(update) = update
                && let Err(error) = network.policies(&node.instance, update).await
            {
                return error;
            }
            self.0.applied.send_replace(version);
            loop {
                tokio::select! {
                    _ = known.changed() => break,
                    names = reader.changed(TURN) => {
                        if names.iter().any(is_front) {
                            break;
                        }
                    }
                }
            }
            sleep(PAUSE).await;
        }
    }

    fn policies(&self, stop: &CancellationToken) -> Informer {
        self.inform(
            kind::NETWORK_POLICY,
            stop,
            |book, object, is_there| match is_there {
                true => book.put_policy(object),
                false => book.remove_policy(object),
            },
        )
    }

    async fn look_around(&self, stop: &CancellationToken) -> Around {
        let around =
            Around {
                namespaces: self.inform(kind::NAMESPACE, stop, |book, object, is_there| {
                    match is_there {
                        true => book.put_namespace(object),
                        false => book.remove_namespace(object),
                    }
                }),
                pods: self.inform(kind::POD, stop, |book, object, is_there| match is_there {
                    true => book.put_pod(object),
                    false => book.remove_pod(object),
                }),
            };
        around.namespaces.synced().await;
        around.pods.synced().await;
        around
    }

    /// Follows all objects of a kind.
    fn inform(
        &self,
        kind: Kind,
        stop: &CancellationToken,
        put: fn(&mut Book, &Value, bool),
    ) -> Informer {
        let (client, all) = (self.0.client.clone(), Selection::default());
        let informer = Informer::start(client, kind, all, &[], stop.clone());
        let shared = self.0.clone();
        informer.subscribe(move |change| {
            let mut kept = shared.kept.lock();
            let is_there = !matches!(change, Change::Deleted(_));
            put(&mut kept.book, change.object(), is_there);
            kept.version += 1;
            shared.known.send_replace(kept.version);
        });
        informer
    }

    /// The version that holds a pod to these policies, if it is known.
    fn version_with(&self, policies: &[Value], uid: &str, address: Ipv4Addr) -> Option<u64> {
        let kept = self.0.kept.lock();
        let has = |it: &Value| {
            let told = it.resource_version().parse().unwrap_or(u64::MAX);
            let known = kept.book.revision(it.namespace(), it.name());
            known.is_some_and(|it| it >= told)
        };
        let is_known = kept.book.is_idle() || kept.book.has(uid, address);
        (is_known && policies.iter().all(has)).then_some(kept.version)
    }
}

/// Policies that nobody can tell to be in place.
#[derive(Debug, thiserror::Error)]
#[error("what its cluster says of them is not in place yet")]
struct NotInPlace;

#[async_trait]
impl Gate for Policies {
    async fn admit(&self, namespace: &str, uid: &str, address: Ipv4Addr) -> Result<(), Cause> {
        let deadline = Instant::now() + PATIENCE;
        let mut known = self.0.known.subscribe();
        let wanted = Selection {
            namespace: namespace.to_owned(),
            metadata_only: true,
            ..Selection::default()
        };
        while Instant::now() < deadline {
            let listed = self.0.client.list(&kind::NETWORK_POLICY, &wanted).await;
            let listed = listed?.items;
            let again = deadline.min(Instant::now() + ASK_AGAIN);
            loop {
                known.borrow_and_update();
                if let Some(version) = self.version_with(&listed, uid, address) {
                    let mut applied = self.0.applied.subscribe();
                    let applied = applied.wait_for(|it| *it >= version);
                    let in_place = timeout_at(deadline, applied).await;
                    return in_place.map(drop).map_err(|_| NotInPlace.into());
                }
                if timeout_at(again, known.changed()).await.is_err() {
                    break;
                }
            }
        }
        Err(NotInPlace.into())
    }
}

fn is_front(name: &Name) -> bool {
    let name = (&*name.namespace, &*name.name);
    matches!(
        name,
        ("default", "kubernetes") | ("kube-system", "kube-dns")
    )
}

/// What the node answers itself, and as what the cluster knows it.
fn fronts(services: &Services, node: &Node) -> Vec<Front> {
    let book = services.book();
    let names = SocketAddrV4::new(CLUSTER_RESOLVER, NAMES);
    let of = |namespace: &str, name: &str, protocols: &'static [u8], at: SocketAddrV4| {
        let entry = book.get(&Name::new(namespace, name));
        let service = entry.and_then(|it| it.service().map(|service| (it, service)));
        let known = service.into_iter().flat_map(move |(entry, service)| {
            service.ports.iter().flat_map(move |port| {
                let own = service.cluster_addresses.iter();
                let own = own.map(|it| SocketAddr::from((*it, port.port)));
                let others = entry.endpoints(port, false);
                own.chain(others.into_iter().map(|(at, _)| at))
            })
        });
        let known = known.filter_map(|it| match it {
            SocketAddr::V4(it) => Some(it),
            SocketAddr::V6(_) => None,
        });
        let known: Vec<SocketAddrV4> = known.collect();
        known.into_iter().flat_map(move |known_as| {
            protocols.iter().map(move |protocol| Front {
                known_as,
                protocol: *protocol,
                at,
            })
        })
    };
    let api = of("default", "kubernetes", &[TCP], node.api_server);
    api.chain(of("kube-system", "kube-dns", &[TCP, UDP], names))
        .collect()
}

#[cfg(test)]
mod tests;
