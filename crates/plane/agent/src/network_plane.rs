//! The network plane of this host: what the control plane says of interfaces, groups and other
//! hosts goes to [`Network`], and to the name service, one update after the other.
//!
//! The first update is the last one of an earlier run, from disk, so that a host whose control plane
//! is away starts with what it knew.

use std::{
    collections::BTreeMap,
    fs, io,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wharf_dns::Names;
use wharf_link::{Delivery, Update};
use wharf_network::{HostIdentity, Network, NetworkError, NetworkUpdate};
use wharf_planeproto::{Change, Key, Resource};
use wharf_wire::fault::Chain;

use crate::{
    node::disk,
    vpc_endpoints::{Book, Listeners},
};

/// Where the last state is kept, in the node's folder.
pub const STATE_FILE: &str = "network-plane.json";
const HOST_FILE: &str = "host.json";

/// Which host this is, as the other programs of this machine are told: `<data>/node/host.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThisHost {
    /// `i-…`
    pub instance_id: String,
    /// Where other hosts reach it, if there are any.
    pub underlay: Option<IpAddr>,
    /// The address under which tasks of all its networks reach it, once there is a network.
    #[serde(default)]
    pub gateway: Option<Ipv4Addr>,
}

impl ThisHost {
    /// `None` before the node has registered.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn load(node_dir: &Path) -> io::Result<Option<Self>> {
        match fs::read(node_dir.join(HOST_FILE)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Brings the network to what the plane is told.
pub struct NetworkPlane {
    network: Network,
    names: Names,
    node_dir: PathBuf,
    this: ThisHost,
    book: Arc<RwLock<Book>>,
    /// What the network has for endpoints.
    wired: BTreeMap<Key, Resource>,
    listeners: Listeners,
}

impl NetworkPlane {
    pub fn new(
        network: Network,
        names: Names,
        node_dir: PathBuf,
        listeners: Listeners,
        book: Arc<RwLock<Book>>,
    ) -> Self {
        // The address seldom changes, and others follow when it does.
        let former = ThisHost::load(&node_dir).ok().flatten().unwrap_or_default();
        let this = ThisHost {
            gateway: former.gateway,
            ..ThisHost::default()
        };
        names.set_gateway(this.gateway);
        Self {
            network,
            names,
            node_dir,
            this,
            book,
            wired: BTreeMap::new(),
            listeners,
        }
    }

    /// Runs until shutdown, or until nobody delivers any more.
    pub async fn run(mut self, mut deliveries: mpsc::Receiver<Delivery>, stop: CancellationToken) {
        loop {
            let delivery = tokio::select! {
                () = stop.cancelled() => return,
                delivery = deliveries.recv() => delivery,
            };
            let Some(mut delivery) = delivery else {
                return;
            };
            let none = Update::Changes(Vec::new());
            let update = std::mem::replace(&mut delivery.update, none);
            match self.take(&delivery.host, update).await {
                Ok(()) => delivery.applied(),
                Err(error) => delivery.refused(Chain(&error).to_string()),
            }
        }
    }

    async fn take(&mut self, host: &str, update: Update) -> Result<(), NetworkError> {
        let this = ThisHost {
            instance_id: host.to_owned(),
            underlay: underlay(host, &update, &self.this),
            gateway: self.this.gateway,
        };
        if this != self.this {
            self.become_host(this).await?;
        }
        // Whatever becomes of the rest: what was refused comes again, whole.
        let update = match update {
            Update::Snapshot(resources) => {
                self.names.replace(resources.clone());
                *self.book.write() = Book::of(&resources);
                let wired = self.book.read().wired(host);
                let all = resources.into_iter().chain(wired.values().cloned());
                let all = NetworkUpdate::Snapshot(all.collect());
                self.wired = wired;
                all
            }
            Update::Changes(changes) => {
                self.names.change(changes.clone());
                let mut book = self.book.write();
                changes.iter().for_each(|change| book.change(change));
                let wired = book.wired(host);
                drop(book);
                let more = differences(&self.wired, &wired);
                self.wired = wired;
                NetworkUpdate::Changes(changes.into_iter().chain(more).collect())
            }
        };
        let applied = self.network.apply(update).await;
        self.listeners.follow().await;
        // The first load balancer may just have brought the first network.
        let gateway = self.network.host_address().await.ok().flatten();
        if gateway.is_some() && gateway != self.this.gateway {
            self.names.set_gateway(gateway);
            self.this.gateway = gateway;
            self.write_down();
        }
        applied
    }

    async fn become_host(&mut self, this: ThisHost) -> Result<(), NetworkError> {
        self.names.set_host(&this.instance_id);
        let own = HostIdentity {
            instance_id: this.instance_id.clone(),
            underlay: this.underlay,
        };
        self.network.set_host(own).await?;
        self.this = this;
        self.write_down();
        Ok(())
    }

    /// Others wait for the file; the network itself does not need it.
    fn write_down(&self) {
        let json = serde_json::to_vec(&self.this).unwrap_or_default();
        if let Err(error) = disk::replace(&self.node_dir.join(HOST_FILE), &json) {
            tracing::warn!(error = %Chain(&error), "failed to save the host's identity");
        }
    }
}

/// What leads from one set of resources to the next.
fn differences(former: &BTreeMap<Key, Resource>, wanted: &BTreeMap<Key, Resource>) -> Vec<Change> {
    let gone = former.keys().filter(|key| !wanted.contains_key(key));
    let new = wanted
        .iter()
        .filter(|(key, it)| former.get(key) != Some(it));
    gone.cloned()
        .map(Change::Delete)
        .chain(new.map(|(_, it)| Change::Put(it.clone())))
        .collect()
}

/// Where this host's end of the tunnels is after the update.
fn underlay(host: &str, update: &Update, before: &ThisHost) -> Option<IpAddr> {
    let own = |resource: &Resource| match resource {
        Resource::Host(it) if it.id == host => Some(it.underlay),
        _ => None,
    };
    match update {
        Update::Snapshot(resources) => resources.iter().find_map(own).flatten(),
        Update::Changes(changes) => {
            let known = (before.instance_id == host).then_some(before.underlay);
            changes
                .iter()
                .rev()
                .find_map(|change| match change {
                    Change::Put(resource) => own(resource),
                    Change::Delete(Key { id, .. }) => (id == host).then_some(None),
                })
                .or(known)
                .flatten()
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::network::Host;

    use super::*;

    #[test]
    fn the_own_end_of_the_tunnels_is_followed() {
        let host = |id: &str, last: u8| {
            Resource::Host(Host {
                id: id.to_owned(),
                underlay: Some([10, 0, 0, last].into()),
            })
        };
        let mut this = ThisHost {
            instance_id: "i-1".to_owned(),
            ..ThisHost::default()
        };
        let mut check = |update: Update, last: Option<u8>| {
            this.underlay = underlay("i-1", &update, &this);
            assert_eq!(this.underlay, last.map(|last| [10, 0, 0, last].into()));
        };
        check(
            Update::Snapshot(vec![host("i-2", 2), host("i-1", 1)]),
            Some(1),
        );
        check(Update::Changes(vec![Change::Put(host("i-2", 9))]), Some(1));
        check(Update::Changes(vec![Change::Put(host("i-1", 5))]), Some(5));
        let gone = Change::Delete(host("i-1", 5).key());
        check(Update::Changes(vec![gone]), None);
        check(Update::Snapshot(Vec::new()), None);
    }

    #[test]
    fn before_the_registration_there_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(ThisHost::load(folder.path()).unwrap(), None);
        fs::write(folder.path().join(HOST_FILE), r#"{"instanceId":"i-1"}"#).unwrap();
        let loaded = ThisHost::load(folder.path()).unwrap().unwrap();
        assert_eq!(loaded.instance_id, "i-1");
    }
}
