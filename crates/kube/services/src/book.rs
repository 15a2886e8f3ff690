//! Services with their slices. Pure.

mod written;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use serde_json::Value;
use wharf_kube_client::Object;
use wharf_kube_model::parts::{Parts, TOLD_BY};

pub use self::written::Written;
use crate::{
    service::{Name, Service, ServicePort},
    slice::{Endpoint, Slice},
};

/// Endpoints of one port of a service, of which nodes lead to a thousand. Any number of slices may say that they are a service's.
const MOST_ENDPOINTS: usize = 10_000;

/// A service as it is with its slices at one time; a copy costs as little as a handle.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// `None` for slices that came before their service, or stayed after it.
    service: Option<Arc<Service>>,
    /// By their names, so that an order follows from what there is alone.
    slices: BTreeMap<Arc<str>, Arc<Slice>>,
}

impl Entry {
    pub fn slices(&self) -> impl Iterator<Item = &Slice> {
        self.slices.values().map(Arc::as_ref)
    }

    /// Where a port of the service leads in one family: each address once, ordered by it. While a pod moves from one slice to another
    /// it may be in both; one that is ready counts then. Beyond [`MOST_ENDPOINTS`] those of later slices are left out.
    pub fn endpoints(&self, port: &ServicePort, is_v6: bool) -> Vec<(SocketAddr, &Endpoint)> {
        let mut found: BTreeMap<SocketAddr, &Endpoint> = BTreeMap::new();
        for slice in self.slices() {
            let mut ports = slice.ports.iter();
            let own = ports.find(|it| it.name == port.name && it.protocol == port.protocol);
            let Some(number) = own.and_then(|it| it.port) else {
                continue;
            };
            for endpoint in &slice.endpoints {
                if endpoint.address.is_ipv6() != is_v6 {
                    continue;
                }
                if found.len() >= MOST_ENDPOINTS {
                    break;
                }
                let at = SocketAddr::new(endpoint.address, number);
                let known = found.entry(at).or_insert(endpoint);
                if endpoint.ready && !known.ready {
                    *known = endpoint;
                }
            }
        }
        found.into_iter().collect()
    }

    /// How many endpoints of a node are ready.
    pub fn ready_on(&self, node: &str) -> usize {
        let all = self.slices().flat_map(|it| &it.endpoints);
        let here = all.filter(|it| it.ready && it.node.as_deref() == Some(node));
        let addresses: BTreeSet<IpAddr> = here.map(|it| it.address).collect();
        addresses.len()
    }

    pub fn service(&self) -> Option<&Arc<Service>> {
        self.service.as_ref()
    }
}

/// All services of a cluster.
#[derive(Debug, Default)]
pub struct Book {
    entries: BTreeMap<Name, Entry>,
    /// Whose slice it is, by namespace and name: a label may change.
    owners: HashMap<(Arc<str>, Arc<str>), Name>,
    /// Services by their cluster addresses; the first in the order of names where several claim one.
    by_address: BTreeMap<IpAddr, Vec<Name>>,
}

impl Book {
    /// A service that was not asked for by name; slices without one are not among them.
    pub fn services(&self) -> impl Iterator<Item = (&Arc<Service>, &Entry)> {
        let all = self.entries.values();
        all.filter_map(|it| Some((it.service.as_ref()?, it)))
    }

    /// `None` where there is no such service.
    pub fn get(&self, name: &Name) -> Option<&Entry> {
        self.entries.get(name).filter(|it| it.service.is_some())
    }

    /// What the cluster goes without.
    pub fn without(&self) -> Parts {
        let own = self.get(&Name::new(TOLD_BY.0, TOLD_BY.1));
        let own = own.and_then(Entry::service);
        own.map(|it| it.without.clone()).unwrap_or_default()
    }

    /// The service that has a cluster address.
    pub fn at(&self, address: IpAddr) -> Option<&Entry> {
        self.get(self.by_address.get(&address)?.first()?)
    }

    pub fn in_namespace<'a>(
        &'a self,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a Arc<Service>, &'a Entry)> {
        let from = Name::new(namespace, "");
        let all = self.entries.range(from..);
        all.take_while(move |(name, _)| &*name.namespace == namespace)
            .filter_map(|(_, it)| Some((it.service.as_ref()?, it)))
    }

    /// The service as it became. The answer is its name, if anything that counts here changed.
    pub fn put_service(&mut self, object: &Value) -> Option<Name> {
        self.insert_service(Arc::new(Service::read(object)))
    }

    fn insert_service(&mut self, service: Arc<Service>) -> Option<Name> {
        let name = service.name.clone();
        let entry = self.entries.entry(name.clone()).or_default();
        if entry.service.as_ref() == Some(&service) {
            return None;
        }
        let old = entry.service.replace(service.clone());
        self.unlist(old);
        for address in &service.cluster_addresses {
            let all = self.by_address.entry(*address).or_default();
            if let Err(at) = all.binary_search(&name) {
                all.insert(at, name.clone());
            }
        }
        Some(name)
    }

    pub fn remove_service(&mut self, object: &Value) -> Option<Name> {
        let name = Name::new(object.namespace(), object.name());
        let entry = self.entries.get_mut(&name)?;
        let old = entry.service.take();
        if entry.slices.is_empty() {
            self.entries.remove(&name);
        }
        let was_there = old.is_some();
        self.unlist(old);
        was_there.then_some(name)
    }

    /// The slice as it became. The answer names the services that it changes: two where its label did.
    pub fn put_slice(&mut self, object: &Value) -> Vec<Name> {
        let key = (Arc::from(object.namespace()), Arc::from(object.name()));
        let slice = Slice::read(object);
        let mut changed = Vec::new();
        if let Some(owner) = self.owners.get(&key).cloned()
            && slice.as_ref().is_none_or(|it| it.service != owner)
        {
            changed.extend(self.take_slice(&key));
        }
        if let Some(slice) = slice {
            changed.extend(self.insert_slice(key.1, Arc::new(slice)));
        }
        changed
    }

    fn insert_slice(&mut self, own: Arc<str>, slice: Arc<Slice>) -> Option<Name> {
        let name = slice.service.clone();
        let entry = self.entries.entry(name.clone()).or_default();
        if entry.slices.get(&own).is_some_and(|it| *it == slice) {
            return None;
        }
        entry.slices.insert(own.clone(), slice);
        let key = (name.namespace.clone(), own);
        self.owners.insert(key, name.clone());
        Some(name)
    }

    pub fn remove_slice(&mut self, object: &Value) -> Option<Name> {
        self.take_slice(&(Arc::from(object.namespace()), Arc::from(object.name())))
    }

    fn take_slice(&mut self, key: &(Arc<str>, Arc<str>)) -> Option<Name> {
        let name = self.owners.remove(key)?;
        let entry = self.entries.get_mut(&name)?;
        entry.slices.remove(&key.1);
        if entry.slices.is_empty() && entry.service.is_none() {
            self.entries.remove(&name);
        }
        Some(name)
    }

    fn unlist(&mut self, service: Option<Arc<Service>>) {
        let Some(service) = service else { return };
        for address in &service.cluster_addresses {
            if let Some(all) = self.by_address.get_mut(address) {
                all.retain(|it| *it != service.name);
                if all.is_empty() {
                    self.by_address.remove(address);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
