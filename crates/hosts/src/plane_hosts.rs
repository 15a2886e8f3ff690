//! Hosts of the network: where their ends of the tunnels are, and which of them carry load balancers.
//!
//! A record is made when a host first subscribes to a plane. It stays, whatever becomes of the
//! connection, until nothing is registered under the host's instance id.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
    sync::Arc,
};

use tokio::sync::Mutex;
use wharf_base::Permit;
use wharf_planeproto::Plane;
use wharf_records::{Record, Unknown, decode, hosts::PlaneHost, machine};
use wharf_service::{ChangeError, Table, Unspoken, transact_at};
use wharf_store::{Compare, Range, Revision, Store, Txn};

use crate::{Held, hold};

const PERMIT: Permit = Permit::for_controller("plane-hosts");

/// A host that subscribes.
pub struct Subscription<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub id: &'a str,
    pub zone: &'a str,
    pub plane: Plane,
    /// Where the connection comes from.
    pub peer: IpAddr,
    /// Where it says that others reach it; of a joined node, what its token says.
    pub announced: Option<IpAddr>,
}

/// A host could not be read or written down.
pub type PlaneHostError = ChangeError<Unspoken>;

/// The hosts' records. Nobody else writes them, so they are read once, and again when a write finds
/// that this was not so.
#[derive(Clone)]
pub struct PlaneHosts {
    table: Table<Unspoken>,
    known: Arc<Mutex<Option<Known>>>,
}

/// All records, by their keys in the store.
#[derive(Debug, Default)]
struct Known {
    hosts: HashMap<String, Held<PlaneHost>>,
    /// Their owners; of a former version's records there may be several.
    underlays: HashMap<IpAddr, BTreeSet<String>>,
}

impl Known {
    async fn read(store: &Store) -> Result<Self, PlaneHostError> {
        let mut known = Self::default();
        let prefix = machine::folder(PlaneHost::KIND);
        for entry in store.all(Range::prefix(prefix)).await?.entries {
            // A host whose record is damaged stays away, the others need not.
            if let Some(held) = hold::<PlaneHost>(&entry.key, Some(&entry)) {
                known.put(held);
            }
        }
        Ok(known)
    }

    fn put(&mut self, host: Held<PlaneHost>) {
        self.remove(&host.key);
        if let Some(underlay) = host.underlay {
            let owners = self.underlays.entry(underlay).or_default();
            owners.insert(host.key.clone());
        }
        self.hosts.insert(host.key.clone(), host);
    }

    fn remove(&mut self, key: &str) {
        let Some(host) = self.hosts.remove(key) else {
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

    /// The hosts that have the address and are registered where `host` is, other than itself.
    fn others_at<'a>(
        &'a self,
        underlay: IpAddr,
        host: &'a PlaneHost,
    ) -> impl Iterator<Item = &'a Held<PlaneHost>> {
        let owners = self.underlays.get(&underlay).into_iter().flatten();
        let known = owners.filter_map(|owner| self.hosts.get(owner));
        known.filter(move |other| {
            (&other.account, &other.region) == (&host.account, &host.region) && other.id != host.id
        })
    }
}

impl PlaneHosts {
    pub fn new(store: Store) -> Self {
        Self {
            table: Table::new(store),
            known: Arc::default(),
        }
    }

    /// Writes down what a subscription says of its host, if that is new; the revision from which on
    /// it stands there. `is_live` tells whether another host is connected now.
    pub async fn subscribed(
        &self,
        seen: &Subscription<'_>,
        is_live: impl Fn(&str) -> bool,
    ) -> Result<Revision, PlaneHostError> {
        let key = PlaneHost::key(seen.id);
        // Held over the write, so that no two hosts are given the same address.
        let mut held = self.known.lock().await;
        let ((mut known, changed), revision) = transact_at!(self.table, &PERMIT, |tx| {
            // Nothing is known any more when another wrote there after all.
            let known = match held.take() {
                Some(known) => known,
                None => Known::read(self.table.store()).await?,
            };
            let mine = known.hosts.get(&key);
            let wanted = wanted(seen, mine.map(|mine| &*mine.record), |host, address| {
                let mut others = known.others_at(address, host);
                others.any(|other| is_live(&other.id))
            });
            if let Some(mine) = mine
                && *mine.record == wanted
            {
                let revision = mine.revision;
                *held = Some(known);
                return Ok(revision);
            }
            let unchanged = mine.map_or(0, |mine| mine.revision);
            tx.when(Compare::mod_revision(&key, unchanged));
            tx.put(&key, &wanted);
            let mut changed = Vec::new();
            // Others that had the address are no longer there.
            let others = wanted.underlay.into_iter();
            for other in others.flat_map(|it| known.others_at(it, &wanted)) {
                let without = PlaneHost {
                    underlay: None,
                    ..PlaneHost::clone(&other.record)
                };
                tx.when(other.unchanged());
                tx.put(&other.key, &without);
                changed.push((other.key.clone(), without));
            }
            changed.push((key.clone(), wanted));
            (known, changed)
        });
        for (key, host) in changed {
            let record = Arc::new(host);
            known.put(Held {
                record,
                key,
                revision,
            });
        }
        *held = Some(known);
        Ok(revision)
    }

    /// All hosts, by their keys.
    ///
    /// # Errors
    /// The store's.
    pub async fn all(&self) -> Result<Vec<Held<PlaneHost>>, PlaneHostError> {
        let mut held = self.known.lock().await;
        let known = match held.take() {
            Some(known) => known,
            None => Known::read(self.table.store()).await?,
        };
        let all = known.hosts.values().cloned().collect();
        *held = Some(known);
        Ok(all)
    }

    /// Removes a host that nothing is registered for any more; `false` if it was changed since it was
    /// read.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove(&self, host: &Held<PlaneHost>) -> Result<bool, PlaneHostError> {
        let mut held = self.known.lock().await;
        let txn = Txn::new().when(host.unchanged()).delete(&host.key);
        let removed = self.table.commit(&PERMIT, txn).await?;
        if removed && let Some(known) = held.as_mut() {
            known.remove(&host.key);
        }
        Ok(removed)
    }

    /// The host with that instance id, wherever it is registered: for ids that the control plane itself wrote down.
    ///
    /// # Errors
    /// The store's; a record that cannot be read.
    pub async fn of_machine(store: &Store, id: &str) -> Result<Option<PlaneHost>, PlaneHostError> {
        let entry = store.get(&PlaneHost::key(id)).await?;
        Ok(entry.map(|entry| decode(&entry.value)).transpose()?)
    }

    /// The host with that instance id, if it is registered in that account and region.
    ///
    /// # Errors
    /// The store's; a record that cannot be read.
    pub async fn find(
        store: &Store,
        account: &str,
        region: &str,
        id: &str,
    ) -> Result<Option<PlaneHost>, PlaneHostError> {
        let found = Self::of_machine(store, id).await?;
        Ok(found.filter(|host| (host.account.as_str(), host.region.as_str()) == (account, region)))
    }
}

fn wanted(
    seen: &Subscription<'_>,
    before: Option<&PlaneHost>,
    taken: impl Fn(&PlaneHost, IpAddr) -> bool,
) -> PlaneHost {
    let mut host = before.cloned().unwrap_or_else(|| PlaneHost {
        id: seen.id.to_owned(),
        account: String::new(),
        region: String::new(),
        underlay: None,
        zone: String::new(),
        balancers: false,
        unknown: Unknown::new(),
    });
    seen.zone.clone_into(&mut host.zone);
    seen.account.clone_into(&mut host.account);
    seen.region.clone_into(&mut host.region);
    match seen.plane {
        Plane::LoadBalancer => host.balancers = true,
        Plane::Machines => {}
        Plane::Network => {
            let addresses = [seen.announced, Some(seen.peer)].into_iter().flatten();
            let mut addresses = addresses.map(|address| address.to_canonical());
            host.underlay = addresses.find(|it| is_underlay(it) && !taken(&host, *it));
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

#[cfg(test)]
mod tests;
