//! Endpoints as the configuration wants them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    net::IpAddr,
    sync::Arc,
};

use tokio_util::task::AbortOnDropHandle;
use wharf_planeproto::endpoint::Front;

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

/// Addresses of the host, as endpoints are concerned.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// Where load balancers listen.
    pub listen: &'a [IpAddr],
    /// Where they did until now.
    pub left: &'a [IpAddr],
}

impl Ground<'_> {
    fn has_left(&self, place: &Place) -> bool {
        place.origin == Origin::Host && self.left.contains(&place.address.ip())
    }
}

/// All endpoints of this process.
pub struct Endpoints {
    porter: Porter,
    open: HashMap<Place, Open>,
    /// At addresses that the host no longer has, with what still flows there.
    left: Vec<Arc<Endpoint>>,
    inheritance: Inheritance,
    /// ARNs of listeners of which the log says that users cannot log in.
    without_logins: BTreeSet<String>,
}

impl Endpoints {
    pub fn new(porter: Porter) -> Self {
        Self {
            inheritance: Inheritance::take_over(&*porter.holder, &porter.ports),
            porter,
            open: HashMap::new(),
            left: Vec::new(),
            without_logins: BTreeSet::new(),
        }
    }

    /// Endpoints that stay get their new table in one step, their sockets and connections unharmed.
    pub fn reconcile(
        &mut self,
        registry: &Registry,
        served: &BTreeMap<String, Served>,
        groups: &Groups,
        config: &LbConfig,
        ground: Ground<'_>,
    ) {
        let mut wanted = wanted(registry, served, groups, (config, ground.listen));
        self.warn_of_logins(&wanted);
        for (place, listeners) in &mut wanted {
            let table = self.open.get(place).map(|open| open.endpoint.table.load());
            let now = table.as_ref().and_then(|it| it.flows());
            tell_apart(listeners, now.map(|it| it.0.arn.as_str()));
        }
        self.open.retain(|place, open| {
            let stays = wanted.contains_key(place);
            if !stays && ground.has_left(place) {
                open.endpoint.leave(&*self.porter.holder);
                self.left.push(Arc::clone(&open.endpoint));
            } else if !stays {
                open.endpoint.abandon(&*self.porter.holder);
            }
            stays
        });
        self.abandon_left(registry, served);
        self.porter.rooms.share_among(owners(&wanted));
        config.metrics.set_endpoints(wanted.len());
        let vpc_endpoints = vpc_endpoints(registry, config);
        for (place, listeners) in wanted {
            let at = (place.origin.clone(), place.address.ip());
            let table = EndpointTable::new(listeners).at(vpc_endpoints.get(&at).copied());
            match self.open.get(&place) {
                Some(open) => open.endpoint.table.store(Arc::new(table)),
                None => {
                    let endpoint = Arc::new(Endpoint::new(place.clone(), table));
                    let porter = self.porter.clone();
                    let of_task = Arc::clone(&endpoint);
                    let attending = if place.datagrams {
                        tokio::spawn(porter.attend_datagrams(of_task))
                    } else {
                        let inherited = self.inheritance.take(&place);
                        tokio::spawn(porter.attend(of_task, inherited))
                    };
                    let _attending = AbortOnDropHandle::new(attending);
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

    /// What flows at addresses that the host no longer has ends with its listener too, and once that is another host's.
    fn abandon_left(&mut self, registry: &Registry, served: &BTreeMap<String, Served>) {
        let is_here = |arn: &str| {
            let listener = registry.listeners.get(arn);
            listener.is_some_and(|it| served.contains_key(&it.load_balancer))
        };
        self.left.retain(|endpoint| {
            let table = endpoint.table.load();
            let is_wanted = table.listeners.iter().any(|it| is_here(&it.arn));
            if !is_wanted {
                endpoint.abandon(&*self.porter.holder);
            }
            // Its connections have it as well, as long as there are any.
            is_wanted && Arc::strong_count(endpoint) > 1
        });
    }

    /// Says it once of each listener whose users are to log in and cannot.
    fn warn_of_logins(&mut self, wanted: &HashMap<Place, Vec<Arc<ListenerTable>>>) {
        let all = wanted.values().flatten();
        let without = all.filter(|it| it.cannot_log_in());
        let without: BTreeSet<String> = without.map(|it| it.arn.clone()).collect();
        for listener in without.difference(&self.without_logins) {
            tracing::warn!(
                listener,
                "failed to read the keys or the endpoints by which users log in; requests of rules that want it get 500"
            );
        }
        self.without_logins = without;
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

/// Leaves those listeners of an address that can be told apart there: HTTP's by Host. One of a network load
/// balancer is not, so it has an address alone, and none that others have for HTTP. The one that has it
/// now, by ARN, keeps it.
fn tell_apart(listeners: &mut Vec<Arc<ListenerTable>>, now: Option<&str>) {
    if listeners.len() < 2 || listeners.iter().all(|it| it.flows.is_none()) {
        return;
    }
    if listeners.iter().any(|it| it.flows.is_none()) {
        listeners.retain(|it| it.flows.is_none());
        return;
    }
    let keeps = listeners.iter().position(|it| Some(it.arn.as_str()) == now);
    let first = listeners.swap_remove(keeps.unwrap_or(0));
    *listeners = vec![first];
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

/// Where VPC endpoints lead to load balancers on this host, by the ARNs of these.
fn fronts<'a>(registry: &'a Registry, own_host: &str) -> HashMap<&'a str, Vec<&'a Front>> {
    let mut fronts: HashMap<&str, Vec<&Front>> = HashMap::new();
    let all = registry.endpoints.values().flat_map(|it| &it.fronts);
    for front in all.filter(|it| it.host == own_host) {
        fronts.entry(&front.load_balancer).or_default().push(front);
    }
    fronts
}

/// Ids of the VPC endpoints that lead to load balancers on this host, by where their interfaces are.
fn vpc_endpoints<'a>(
    registry: &'a Registry,
    config: &LbConfig,
) -> HashMap<(Origin, IpAddr), &'a str> {
    let mut known = HashMap::new();
    for endpoint in registry.endpoints.values() {
        let here = endpoint.fronts.iter();
        for front in here.filter(|it| it.host == config.own_host) {
            known.insert(
                (origin(front, config), front.address.into()),
                endpoint.id.as_str(),
            );
        }
    }
    known
}

fn origin(front: &Front, config: &LbConfig) -> Origin {
    Origin::Namespace((config.netns)(&front.interface).into())
}

/// Where to listen, and which listeners answer there.
fn wanted(
    registry: &Registry,
    served: &BTreeMap<String, Served>,
    groups: &Groups,
    (config, listen): (&LbConfig, &[IpAddr]),
) -> HashMap<Place, Vec<Arc<ListenerTable>>> {
    let known = groups.compiled();
    let fronts = fronts(registry, &config.own_host);
    let mut wanted: HashMap<Place, Vec<Arc<ListenerTable>>> = HashMap::new();
    for listener in registry.listeners.values() {
        let Some(serving) = served.get(&listener.load_balancer) else {
            continue;
        };
        let counters = config.metrics.balancer(&listener.load_balancer);
        let told = (counters, config.logs.of(&listener.load_balancer));
        let of = (&**listener, &serving.origin);
        let Some(table) = table::listener_table(registry, &known, told, of) else {
            continue;
        };
        let table = Arc::new(table);
        let balancer = &registry.balancers[&listener.load_balancer].record;
        let public = balancer.public_address.into_iter().map(Into::into);
        // An internal one is reached inside its VPC alone.
        let local = listen.iter().filter(|_| !balancer.internal);
        let on_host = public.chain(local.copied());
        let on_host = on_host.map(|ip| Place::new(Origin::Host, ip, listener.port));
        let inside = serving.interface.iter().flat_map(|it| it.addresses());
        let inside = inside.map(|ip| Place::new(serving.origin.clone(), ip, listener.port));
        let (connections, datagrams) = match table.flows {
            None => (true, false),
            Some(flows) => (flows.connections, flows.datagrams),
        };
        let led = fronts.get(listener.load_balancer.as_str());
        let led = led.into_iter().flatten().filter(|_| table.flows.is_some());
        let led =
            led.map(|front| Place::new(origin(front, config), front.address.into(), listener.port));
        for place in on_host.chain(inside).chain(led) {
            if datagrams {
                let place = place.clone().of_datagrams();
                wanted.entry(place).or_default().push(Arc::clone(&table));
            }
            if connections {
                wanted.entry(place).or_default().push(Arc::clone(&table));
            }
        }
    }
    config
        .metrics
        .keep_balancers(|arn| registry.balancers.contains_key(arn));
    wanted
}
