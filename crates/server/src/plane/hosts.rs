//! Hosts of the network: where their ends of the tunnels are, and which of them carry load balancers.
//!
//! A record is made when a host first subscribes and stays, whatever becomes of the connection,
//! until the host's container instance is deregistered.

use std::{net::IpAddr, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use wharf_base::Permit;
use wharf_planeproto::{Key, Kind, Plane, Resource, network};
use wharf_records::{Record, RecordError, Scope, Unknown, decode, encode};
use wharf_store::{Compare, Entry, Range, Revision, Store, StoreError, Txn};
use wharf_wire::fault::Chain;

use super::{Balancers, Nodes, feed::Shared, source::Source};

const PERMIT: Permit = Permit::for_controller("plane-hosts");
/// Service segment of the keys.
const SERVICE: &str = "wharf";
/// Hosts are looked through so often even if nothing wakes us.
const SWEEP: Duration = Duration::from_secs(300);
/// Tries of a compare-and-swap.
const MAX_TRIES: usize = 16;

/// A host as it is stored, under its instance id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaneHost {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub underlay: Option<IpAddr>,
    pub zone: String,
    /// Carries load balancers.
    #[serde(default)]
    pub balancers: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for PlaneHost {
    const KIND: &'static str = "plane-host";
    const FORMAT: u32 = 1;
}

/// A host that takes part in the network.
pub async fn host(
    store: &Store,
    account: &str,
    region: &str,
    instance: &str,
) -> Result<Option<PlaneHost>, HostError> {
    let key = Scope::new(SERVICE, account, region).key(PlaneHost::KIND, instance);
    let entry = store.get(&key).await?;
    Ok(entry.map(|entry| decode(&entry.value)).transpose()?)
}

/// Host records as resources.
pub struct HostSource;

impl Source for HostSource {
    fn prefix(&self) -> String {
        Scope::service_prefix(SERVICE)
    }

    fn resource(&self, entry: &Entry) -> Option<Resource> {
        self.key(&entry.key)?;
        let host: PlaneHost = decode(&entry.value)
            .inspect_err(|error| tracing::error!(error = %Chain(error), "a host is not told of"))
            .ok()?;
        Some(Resource::Host(network::Host {
            id: host.id,
            underlay: host.underlay,
        }))
    }

    fn key(&self, store_key: &str) -> Option<Key> {
        let (_, kind, id) = Scope::parse(store_key)?;
        (kind == PlaneHost::KIND).then_some(Key {
            kind: Kind::Host,
            id,
        })
    }
}

/// A host that subscribes.
pub struct Seen<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub id: &'a str,
    pub zone: &'a str,
    pub plane: Plane,
    /// Where the connection comes from.
    pub peer: IpAddr,
    pub wish: Option<IpAddr>,
}

/// A host could not be written down.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    #[error("a host's record cannot be read")]
    Record(#[from] RecordError),
    #[error("the host's record changes all the time")]
    Contended,
}

#[derive(Clone)]
pub struct Hosts {
    pub store: Store,
}

impl Hosts {
    /// Writes down what a subscription says of its host, if that is new; the revision from which on
    /// it stands there. `is_live` tells whether another host is connected now.
    pub async fn subscribed(
        &self,
        seen: &Seen<'_>,
        is_live: impl Fn(&str) -> bool,
    ) -> Result<Revision, HostError> {
        let scope = Scope::new(SERVICE, seen.account, seen.region);
        let key = scope.key(PlaneHost::KIND, seen.id);
        for _ in 0..MAX_TRIES {
            let (all, revision) = self.all(&scope.prefix(PlaneHost::KIND)).await?;
            let mine = all.iter().find(|(_, host)| host.id == seen.id);
            let wanted = wanted(seen, mine.map(|(_, host)| host), &all, &is_live);
            if mine.is_some_and(|(_, host)| *host == wanted) {
                return Ok(revision);
            }
            let unchanged = match mine {
                Some((entry, _)) => Compare::unchanged(entry),
                None => Compare::absent(&key),
            };
            let mut txn = Txn::new().when(unchanged).put(&key, encode(&wanted));
            // Whoever had the address before is not there any more.
            for (entry, host) in &all {
                if host.id != seen.id && host.underlay.is_some() && host.underlay == wanted.underlay
                {
                    let without = PlaneHost {
                        underlay: None,
                        ..host.clone()
                    };
                    txn = txn
                        .when(Compare::unchanged(entry))
                        .put(&entry.key, encode(&without));
                }
            }
            let reply = self.store.txn(&PERMIT, txn).await?;
            if reply.succeeded {
                return Ok(reply.revision);
            }
        }
        Err(HostError::Contended)
    }

    async fn all(&self, prefix: &str) -> Result<(Vec<(Entry, PlaneHost)>, Revision), HostError> {
        let reply = self.store.range(Range::prefix(prefix)).await?;
        let mut hosts = Vec::new();
        for entry in reply.entries {
            let host = decode(&entry.value)?;
            hosts.push((entry, host));
        }
        Ok((hosts, reply.revision))
    }

    /// Removes hosts whose container instance is deregistered. Never returns.
    pub async fn sweep(
        self,
        shared: Arc<Shared>,
        nodes: Arc<dyn Nodes>,
        balancers: Arc<dyn Balancers>,
    ) {
        let mut tick = interval(SWEEP);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shared.instances.notified() => {}
                _ = tick.tick() => {}
            }
            if let Err(error) = self.sweep_once(&*nodes, &*balancers).await {
                tracing::warn!(error = %Chain(&error), "hosts that are gone stay for now");
            }
        }
    }

    pub async fn sweep_once(
        &self,
        nodes: &dyn Nodes,
        balancers: &dyn Balancers,
    ) -> Result<(), HostError> {
        let everywhere = Range::prefix(Scope::service_prefix(SERVICE));
        for entry in self.store.range(everywhere).await?.entries {
            let Some((scope, PlaneHost::KIND, id)) = Scope::parse(&entry.key) else {
                continue;
            };
            if nodes
                .is_registered(&scope.account, &scope.region, &id)
                .await
            {
                continue;
            }
            let txn = Txn::new()
                .when(Compare::unchanged(&entry))
                .delete(&entry.key);
            if self.store.txn(&PERMIT, txn).await?.succeeded {
                tracing::info!(host = id, "a host left the network");
                balancers.host_gone(&id).await;
            }
        }
        Ok(())
    }
}

fn wanted(
    seen: &Seen<'_>,
    before: Option<&PlaneHost>,
    all: &[(Entry, PlaneHost)],
    is_live: &impl Fn(&str) -> bool,
) -> PlaneHost {
    let mut host = before.cloned().unwrap_or_else(|| PlaneHost {
        id: seen.id.to_owned(),
        underlay: None,
        zone: String::new(),
        balancers: false,
        unknown: Unknown::new(),
    });
    seen.zone.clone_into(&mut host.zone);
    match seen.plane {
        Plane::LoadBalancer => host.balancers = true,
        Plane::Network => {
            let taken = |address: &IpAddr| {
                all.iter().any(|(_, other)| {
                    other.id != seen.id && other.underlay == Some(*address) && is_live(&other.id)
                })
            };
            host.underlay = [seen.wish, Some(seen.peer)]
                .into_iter()
                .flatten()
                .map(|address| address.to_canonical())
                .find(|address| is_underlay(address) && !taken(address));
        }
    }
    host
}

/// Whether other hosts can send there.
fn is_underlay(address: &IpAddr) -> bool {
    // The overlay is carried over IPv4.
    address.is_ipv4()
        && !(address.is_loopback() || address.is_unspecified() || address.is_multicast())
}
