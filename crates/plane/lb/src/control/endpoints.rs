//! Endpoints as the configuration wants them.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use tokio_util::task::AbortOnDropHandle;

use super::{Served, groups::Groups};
use crate::{
    LbConfig,
    config::{
        Registry,
        table::{self, EndpointTable, ListenerTable},
    },
    endpoint::{Endpoint, Place, Porter},
    hold::Inheritance,
    netns::Origin,
};

struct Open {
    endpoint: Arc<Endpoint>,
    /// Listens and accepts; both end with it.
    _attending: AbortOnDropHandle<()>,
}

/// All endpoints of this process.
pub struct Endpoints {
    porter: Porter,
    open: HashMap<Place, Open>,
    inheritance: Inheritance,
}

impl Endpoints {
    pub fn new(porter: Porter) -> Self {
        Self {
            inheritance: Inheritance::take_over(&*porter.holder, &porter.ports),
            porter,
            open: HashMap::new(),
        }
    }

    /// Endpoints that stay get their new table in one step, their sockets and connections unharmed.
    pub fn reconcile(
        &mut self,
        registry: &Registry,
        served: &BTreeMap<String, Served>,
        groups: &Groups,
        config: &LbConfig,
    ) {
        let wanted = wanted(registry, served, groups, config);
        self.open.retain(|place, open| {
            let stays = wanted.contains_key(place);
            if !stays {
                open.endpoint.abandon(&*self.porter.holder);
            }
            stays
        });
        self.porter.rooms.share_among(owners(&wanted));
        config.metrics.set_endpoints(wanted.len());
        for (place, listeners) in wanted {
            let table = EndpointTable::new(listeners);
            match self.open.get(&place) {
                Some(open) => open.endpoint.table.store(Arc::new(table)),
                None => {
                    let endpoint = Arc::new(Endpoint::new(place.clone(), table));
                    let inherited = self.inheritance.take(&place);
                    let porter = self.porter.clone();
                    let attending = porter.attend(Arc::clone(&endpoint), inherited);
                    let _attending = AbortOnDropHandle::new(tokio::spawn(attending));
                    self.open.insert(
                        place,
                        Open {
                            endpoint,
                            _attending,
                        },
                    );
                }
            }
        }
    }

    /// Lets go of what the process before this one left and no endpoint wants.
    pub fn settle(&mut self) {
        self.inheritance = Inheritance::default();
        if let Err(error) = self.porter.holder.settle() {
            tracing::warn!(%error, "failed to release unused sockets");
        }
    }

    /// Accepts nothing any more; what is held waits for the next process.
    pub fn close(&mut self) {
        for (_, open) in self.open.drain() {
            open.endpoint.close();
        }
    }
}

/// How many share the connections: load balancers, and addresses that several of them have.
fn owners(wanted: &HashMap<Place, Vec<Arc<ListenerTable>>>) -> usize {
    let mut alone = HashSet::new();
    let mut shared = 0;
    for listeners in wanted.values() {
        match &listeners[..] {
            [only] => drop(alone.insert(&only.owner)),
            _ => shared += 1,
        }
    }
    alone.len() + shared
}

/// Where to listen, and which listeners answer there.
fn wanted(
    registry: &Registry,
    served: &BTreeMap<String, Served>,
    groups: &Groups,
    config: &LbConfig,
) -> HashMap<Place, Vec<Arc<ListenerTable>>> {
    let known = groups.compiled();
    let mut wanted: HashMap<Place, Vec<Arc<ListenerTable>>> = HashMap::new();
    for listener in registry.listeners.values() {
        let Some(serving) = served.get(&listener.load_balancer) else {
            continue;
        };
        let counters = config.metrics.balancer(&listener.load_balancer);
        let Some(table) = table::listener_table(registry, &known, counters, listener) else {
            continue;
        };
        let table = Arc::new(table);
        let balancer = &registry.balancers[&listener.load_balancer].record;
        let public = balancer.public_address.into_iter().map(Into::into);
        // An internal one is reached inside its VPC alone.
        let local = config.local_listen.iter().filter(|_| !balancer.internal);
        let on_host = public.chain(local.copied());
        let on_host = on_host.map(|ip| Place::new(Origin::Host, ip, listener.port));
        let inside = serving
            .interface
            .iter()
            .map(|it| Place::new(serving.origin.clone(), it.address.into(), listener.port));
        for place in on_host.chain(inside) {
            wanted.entry(place).or_default().push(Arc::clone(&table));
        }
    }
    config
        .metrics
        .keep_balancers(|arn| registry.balancers.contains_key(arn));
    wanted
}
