//! Network load balancers that speak with the address of their client.
//!
//! The process of load balancers connects from the namespace of a load balancer's interface, bound to the client's address and port
//! (`IP_TRANSPARENT`). Nobody else has a socket there, so what comes by that link is believed whoever it claims to be; what answers it must
//! come back to that link, though its destination is the client's address, which is somewhere else.
//!
//! ```text
//!  load balancer's namespace       VPC's namespace, its host                    VPC's namespace, target's host
//!  <client>:<port> ── eth0 ─▶ w…e  label: this load balancer ─▶ vx ── 02:79:<load balancer> ─▶ label: that load balancer ─▶ target
//!  iif eth0: all is here   ◀─ w…e  label's mark ◀───────────── vx ◀───────────────────────────── label's mark ◀────────── answer
//! ```
//! - A connection that a load balancer begins so is labelled with its address (`ct label`), which outlives this process.
//! - Answers get the mark of their connection's load balancer, and a rule for each mark leads them to its link, or through the tunnel
//!   to its host, where the same is done once more.
//! - Between hosts the sender's hardware address names the load balancer; as all that comes by tunnels, it is believed from hosts that the
//!   control plane names, and only of load balancers that are elsewhere.
//! - Groups are asked of the load balancer as who sends, and about the client or the load balancer as whom the target is called by (`groups`).
//! - A node of Kubernetes leads them on from its ports as anybody (`services`); what comes back by way of the node has its connection's label.
//!   What a node leads on as its own leaves its host as the node's.
//!
//! Nothing of it follows target groups: which of them have it is the matter of the process of load balancers.
//!
//! Invariants: links and the tunnel are let off their strict reverse-path filters only while the table is there, which lets nobody else off;
//! a VPC without network load balancers has neither table nor rules. Marks follow from addresses, so they stay the same.

mod table;

pub(crate) use table::{try_labels, try_senders};

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::Path;

use wharf_planeproto::network::balancer_attachment;

use crate::error::NetworkError;
use crate::host;
use crate::model::{Scope, Subnet};
use crate::names::{Names, SCOPE_TUNNEL, TASK_LINK};
use crate::netlink::link::{self, Conf};
use crate::netlink::route::{self, Hop};
use crate::netlink::rule::{self, Marked};
use crate::netlink::{Family, Request, Socket};
use crate::netns::Namespace;
use crate::scope::ScopeNet;
use crate::worker::Worker;

/// Marks of answers have it, and numbers of their tables; no other mark of a VPC's namespace does.
const ANSWER: u32 = 1 << 31;
const RULES: Marked = Marked {
    priority: 1000,
    bits: ANSWER,
};
/// In the namespace of a load balancer: what comes in is its own, whoever it is addressed to.
const OWN_RULE: u32 = 100;
const OWN_TABLE: u32 = 213;

/// The answers to a load balancer.
fn mark_of(balancer: Ipv4Addr) -> u32 {
    ANSWER | balancer.to_bits()
}

/// What a load balancer sends, on its own host.
fn outgoing_mark_of(balancer: Ipv4Addr) -> u32 {
    balancer.to_bits() & !ANSWER
}

/// Where a load balancer is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Behind this link, as that attachment.
    Here { link: String, key: String },
    /// On the host with this end of the tunnel.
    Elsewhere(Ipv4Addr),
}

/// The network load balancers of a VPC, by their addresses.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Balancers {
    all: BTreeMap<Ipv4Addr, Place>,
    tunnel: Option<u32>,
}

impl Balancers {
    fn here(&self) -> impl Iterator<Item = (Ipv4Addr, &str)> {
        self.all.iter().filter_map(|(address, place)| match place {
            Place::Here { link, .. } => Some((*address, link.as_str())),
            Place::Elsewhere(_) => None,
        })
    }

    fn elsewhere(&self) -> impl Iterator<Item = Ipv4Addr> {
        let all = self.all.iter();
        let elsewhere = all.filter(|(_, place)| matches!(place, Place::Elsewhere(_)));
        elsewhere.map(|(address, _)| *address)
    }
}

/// What a VPC's namespace has.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The kernel was brought to what is in `made`.
    known: bool,
    made: Balancers,
}

impl Kept {
    /// Of a namespace that was just made, or of one that a former run left.
    pub(crate) fn of(is_new: bool) -> Self {
        Self {
            known: is_new,
            made: Balancers::default(),
        }
    }

    /// The namespace is compared with what is wanted at the next occasion.
    pub(crate) fn doubt(&mut self) {
        self.known = false;
    }
}

impl Worker {
    /// Lets the network load balancers of each VPC, and nobody else, speak as their clients.
    pub(crate) fn follow_kept(&mut self) -> Result<(), NetworkError> {
        if self.own.is_none() || !self.heard {
            return Ok(());
        }
        let mut wanted = self.wanted_kept();
        let names = self.names.clone();
        let mut trouble = Ok(());
        for (scope, net) in &mut self.scopes {
            let Scope::Vpc(vpc) = scope else { continue };
            let wanted = wanted.remove(vpc).unwrap_or_default();
            if net.kept.known && net.kept.made == wanted {
                continue;
            }
            let mut followed = Ok(());
            for (address, place) in &wanted.all {
                let as_before = net.kept.known && net.kept.made.all.get(address) == Some(place);
                if let (Place::Here { key, .. }, false) = (place, as_before) {
                    followed = followed.and(take_answers(&self.state.task_netns(key)));
                }
            }
            let followed = followed.and(net.keep(&names, &wanted));
            net.kept.known = followed.is_ok();
            net.kept.made = wanted;
            trouble = trouble.and(followed);
        }
        trouble
    }

    fn wanted_kept(&self) -> BTreeMap<String, Balancers> {
        let mut wanted: BTreeMap<String, Balancers> = BTreeMap::new();
        let own = self.own.as_ref().map(|own| own.instance_id.as_str());
        let mut marks = BTreeSet::new();
        for interface in self.view.network_balancers() {
            let Some(net) = self.scopes.get(&Scope::Vpc(interface.vpc.clone())) else {
                continue;
            };
            let tunnel = net.overlay.device();
            let host = interface.host.as_deref();
            let place = if host.is_some() && host == own {
                let key = balancer_attachment(&interface.id);
                let attached = self.tasks.get(&key).and_then(|it| it.endpoint.as_ref());
                let link = attached.map(|it| it.link.clone());
                link.map(|link| Place::Here { link, key })
            } else {
                let end = host.and_then(|host| self.view.underlay(host));
                end.filter(|_| tunnel.is_some()).map(Place::Elsewhere)
            };
            let Some(place) = place else { continue };
            // Two with one mark are half of all addresses apart.
            if !marks.insert((&interface.vpc, mark_of(interface.address))) {
                tracing::warn!(address = %interface.address, "a load balancer cannot keep its clients' addresses beside another one");
                continue;
            }
            let balancers = wanted.entry(interface.vpc.clone()).or_default();
            balancers.tunnel = tunnel;
            balancers.all.insert(interface.address, place);
        }
        wanted
    }
}

impl ScopeNet {
    fn keep(&mut self, names: &Names, wanted: &Balancers) -> Result<(), NetworkError> {
        let none = wanted.all.is_empty();
        if none {
            // Nobody is let off before the table goes.
            self.filter_tunnel(wanted, 1)?;
        }
        let written = table::write(self.rules_socket()?, names, wanted);
        let led = self.lead_answers(wanted);
        written.and(led)?;
        if none {
            return Ok(());
        }
        self.filter_tunnel(wanted, 0)?;
        for (_, name) in wanted.here() {
            if link::index_of(&mut self.route, name)?.is_some() {
                let lenient = link::configure(name, &[(Conf::RpFilter, 0)]);
                self.route.perform(vec![lenient])?;
            }
        }
        Ok(())
    }

    fn filter_tunnel(&mut self, wanted: &Balancers, strict: u32) -> Result<(), NetworkError> {
        let there = link::index_of(&mut self.route, SCOPE_TUNNEL)?.is_some();
        if !there || strict == 0 && wanted.tunnel.is_none() {
            return Ok(());
        }
        let filter = link::configure(SCOPE_TUNNEL, &[(Conf::RpFilter, strict)]);
        self.route.perform(vec![filter])
    }

    /// Rules and tables by the marks of answers.
    fn lead_answers(&mut self, wanted: &Balancers) -> Result<(), NetworkError> {
        let socket = &mut self.route;
        let there: BTreeSet<u32> = RULES.list(socket)?.into_iter().collect();
        let mut marks = BTreeSet::new();
        let mut requests = Vec::new();
        for (address, place) in &wanted.all {
            if let Some(hop) = hop(socket, *address, place, wanted.tunnel)? {
                let mark = mark_of(*address);
                requests.push(route::route_in(mark, Subnet::ANY, hop));
                if !there.contains(&mark) {
                    requests.push(RULES.add(mark));
                }
                marks.insert(mark);
            }
        }
        if there.is_empty() && !marks.is_empty() {
            requests.insert(0, RULES.add_bypass());
        }
        let gone: Vec<u32> = there.difference(&marks).copied().collect();
        requests.extend(gone.iter().map(|mark| RULES.delete(*mark)));
        if marks.is_empty() {
            requests.push(RULES.delete_bypass());
        }
        if !gone.is_empty() {
            requests.extend(stale_routes(socket, &gone)?);
        }
        socket.perform(requests)
    }
}

/// What comes into the namespace of a load balancer is its own, though it is addressed to a client.
fn take_answers(path: &Path) -> Result<(), NetworkError> {
    let Some(namespace) = Namespace::open(path)? else {
        return Ok(());
    };
    let mut socket = namespace
        .run(|| host::open(Family::Route))
        .map_err(|e| NetworkError::kernel("enter a network namespace", e))
        .flatten()?;
    let loopback = link::require(&mut socket, "lo")?;
    socket.perform(vec![
        route::all_is_here(OWN_TABLE, loopback),
        rule::add_incoming(OWN_RULE, TASK_LINK, OWN_TABLE),
    ])
}

/// Where answers to a load balancer go next; `None` while its link is not there.
fn hop(
    socket: &mut Socket,
    address: Ipv4Addr,
    place: &Place,
    tunnel: Option<u32>,
) -> Result<Option<Hop>, NetworkError> {
    let (index, gateway) = match place {
        Place::Here { link, .. } => (link::index_of(socket, link)?, address),
        Place::Elsewhere(end) => (tunnel, *end),
    };
    Ok(index.map(|index| Hop::Via {
        index,
        gateway,
        source: None,
    }))
}

fn stale_routes(socket: &mut Socket, marks: &[u32]) -> Result<Vec<Request>, NetworkError> {
    let routes = route::list(socket)?.into_iter();
    let stale = routes.filter(|it| it.ours && marks.contains(&it.table));
    let requests = stale.filter_map(|it| Some(route::delete_route_of(it.table, it.to, it.link?)));
    Ok(requests.collect())
}
