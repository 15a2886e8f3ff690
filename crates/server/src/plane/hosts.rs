//! Hosts of the network: where their ends of the tunnels are, and which of them carry load balancers.
//!
//! A record is made when a host first subscribes and stays, whatever becomes of the connection,
//! until the host's container instance is deregistered.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    sync::Mutex,
    time::{MissedTickBehavior, interval, sleep},
};
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
/// Between two looks at all of them, however much happens to container instances.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);
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
            .inspect_err(|error| tracing::error!(error = %Chain(error), "failed to decode a host record; planes do not see this host"))
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
    /// Where it says that others reach it; of a joined node, what its token says.
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

/// The hosts' records. Nobody else writes them, so they are read once, and again when a write finds
/// that this was not so.
#[derive(Clone)]
pub struct Hosts {
    store: Store,
    known: Arc<Mutex<Option<Known>>>,
}

/// All records, by their keys in the store.
#[derive(Debug, Default)]
struct Known {
    hosts: HashMap<String, (Revision, PlaneHost)>,
    /// Their owners; of a former version's records there may be several.
    underlays: HashMap<IpAddr, BTreeSet<String>>,
}

impl Known {
    async fn read(store: &Store) -> Result<Self, HostError> {
        let mut known = Self::default();
        let everywhere = Range::prefix(Scope::service_prefix(SERVICE));
        for entry in store.all(everywhere).await?.entries {
            if !matches!(Scope::parse(&entry.key), Some((_, PlaneHost::KIND, _))) {
                continue;
            }
            match decode(&entry.value) {
                Ok(host) => known.put(entry.key, entry.mod_revision, host),
                // Its host stays away, the others need not.
                Err(error) => {
                    tracing::error!(key = entry.key, %error, "skipping a host: its record cannot be used")
                }
            }
        }
        Ok(known)
    }

    fn put(&mut self, key: String, revision: Revision, host: PlaneHost) {
        self.remove(&key);
        if let Some(underlay) = host.underlay {
            let owners = self.underlays.entry(underlay).or_default();
            owners.insert(key.clone());
        }
        self.hosts.insert(key, (revision, host));
    }

    fn remove(&mut self, key: &str) {
        let Some((_, host)) = self.hosts.remove(key) else {
            return;
        };
        if let Some(underlay) = host.underlay
            && let Some(owners) = self.underlays.get_mut(&underlay)
        {
            owners.remove(key);
            if owners.is_empty() {
                self.underlays.remove(&underlay);
            }
        }
    }

    /// The hosts of the same account and region that have the address, other than that with `key`.
    fn others_at<'a>(
        &'a self,
        underlay: IpAddr,
        key: &'a str,
        place: &'a str,
    ) -> impl Iterator<Item = (&'a String, &'a (Revision, PlaneHost))> {
        let owners = self.underlays.get(&underlay).into_iter().flatten();
        let others = owners.filter(move |owner| *owner != key && owner.starts_with(place));
        others.filter_map(|owner| self.hosts.get_key_value(owner))
    }
}

impl Hosts {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            known: Arc::default(),
        }
    }

    /// Writes down what a subscription says of its host, if that is new; the revision from which on
    /// it stands there. `is_live` tells whether another host is connected now.
    pub async fn subscribed(
        &self,
        seen: &Seen<'_>,
        is_live: impl Fn(&str) -> bool,
    ) -> Result<Revision, HostError> {
        let scope = Scope::new(SERVICE, seen.account, seen.region);
        let place = scope.prefix(PlaneHost::KIND);
        let key = scope.key(PlaneHost::KIND, seen.id);
        // Held over the write, so that no two hosts are given the same address.
        let mut held = self.known.lock().await;
        for _ in 0..MAX_TRIES {
            let mut known = match held.take() {
                Some(known) => known,
                None => Known::read(&self.store).await?,
            };
            let mine = known.hosts.get(&key);
            let taken = |address: IpAddr| {
                let mut others = known.others_at(address, &key, &place);
                others.any(|(_, (_, other))| is_live(&other.id))
            };
            let wanted = wanted(seen, mine.map(|(_, host)| host), taken);
            if let Some((revision, host)) = mine
                && *host == wanted
            {
                let revision = *revision;
                *held = Some(known);
                return Ok(revision);
            }
            let unchanged = mine.map_or(0, |(revision, _)| *revision);
            let mut txn = Txn::new()
                .when(Compare::mod_revision(&key, unchanged))
                .put(&key, encode(&wanted));
            // Whoever had the address before is not there any more.
            let mut changed = Vec::new();
            if let Some(underlay) = wanted.underlay {
                for (other, (revision, host)) in known.others_at(underlay, &key, &place) {
                    let without = PlaneHost {
                        underlay: None,
                        ..host.clone()
                    };
                    txn = txn
                        .when(Compare::mod_revision(other, *revision))
                        .put(other, encode(&without));
                    changed.push((other.clone(), without));
                }
            }
            changed.push((key.clone(), wanted));
            let reply = self.store.txn(&PERMIT, txn).await?;
            if reply.succeeded {
                for (key, host) in changed {
                    known.put(key, reply.revision, host);
                }
                *held = Some(known);
                return Ok(reply.revision);
            }
            // Another wrote there after all: it is read again.
        }
        Err(HostError::Contended)
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
                tracing::warn!(error = %Chain(&error), "failed to remove hosts that are gone; will retry");
            }
            sleep(SWEEP_PAUSE).await;
        }
    }

    pub async fn sweep_once(
        &self,
        nodes: &dyn Nodes,
        balancers: &dyn Balancers,
    ) -> Result<(), HostError> {
        let mut held = self.known.lock().await;
        let known = match held.take() {
            Some(known) => known,
            None => Known::read(&self.store).await?,
        };
        let all: Vec<(String, Revision)> = known
            .hosts
            .iter()
            .map(|(key, (revision, _))| (key.clone(), *revision))
            .collect();
        *held = Some(known);
        drop(held);
        for (key, revision) in all {
            let Some((scope, _, id)) = Scope::parse(&key) else {
                continue;
            };
            let (account, region) = (&scope.account, &scope.region);
            if nodes.is_registered(account, region, &id).await {
                continue;
            }
            let mut held = self.known.lock().await;
            let txn = Txn::new()
                .when(Compare::mod_revision(&key, revision))
                .delete(&key);
            if self.store.txn(&PERMIT, txn).await?.succeeded {
                if let Some(known) = held.as_mut() {
                    known.remove(&key);
                }
                drop(held);
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
    taken: impl Fn(IpAddr) -> bool,
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
            host.underlay = [seen.wish, Some(seen.peer)]
                .into_iter()
                .flatten()
                .map(|address| address.to_canonical())
                .find(|address| is_underlay(address) && !taken(*address));
        }
    }
    host
}

/// Whether other hosts can send there.
pub fn is_underlay(address: &IpAddr) -> bool {
    // The overlay is carried over IPv4.
    address.is_ipv4()
        && !(address.is_loopback() || address.is_unspecified() || address.is_multicast())
}
