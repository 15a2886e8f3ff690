//! The table of one node.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use nix::errno::Errno;

use super::plan::{self, Changes, Manner, Plan, Step, Way};
use super::{Caller, FrontEnd, Lead, UDP};
use crate::error::NetworkError;
use crate::model::Subnet;
use crate::names::Names;
use crate::netlink::Socket;
use crate::netlink::nft::{
    self, BaseChain, Batch, Compare, Direction, Expression, Hook, Memory, ServiceKey,
};
use crate::sysctl;

const MEMBERS: &str = "members";
/// What members call, and the chain of each.
const SERVICES: &str = "services";
/// Where not everybody may call, and the chain that says who may.
const GUARDS: &str = "guards";
const PORT_GUARDS: &str = "port_guards";
/// What others call.
const PORTS: &str = "ports";
/// Where each place of these leads.
const ENDPOINTS: &str = "endpoints";
const PORT_ENDPOINTS: &str = "port_endpoints";
/// Where clients of sticky services were, each for a time.
const CLIENTS: &str = "clients";
/// Where they may be kept.
const KEPT: &str = "kept";
const PORT_KEPT: &str = "port_kept";
/// Clients that a node knows at a time, some 12 MiB of the kernel's memory; others are led by their address alone.
const MOST_CLIENTS: u32 = 65_536;
const HAIRPINS: &str = "hairpins";
/// On a packet that is to leave as the node's.
pub(crate) const BY_NODE: u32 = 1;

/// Before those of the VPC's own table, which translate what crosses the uplink.
const PREROUTING: BaseChain = BaseChain {
    name: "prerouting",
    kind: "nat",
    hook: Hook::Prerouting,
    priority: -101,
};
const POSTROUTING: BaseChain = BaseChain {
    name: "postrouting",
    kind: "nat",
    hook: Hook::Postrouting,
    priority: 99,
};

/// Of what the programs of a node send to the node itself.
const OUTPUT: BaseChain = BaseChain {
    name: "output",
    kind: "nat",
    hook: Hook::Output,
    priority: -101,
};
/// Before anything is translated back: an answer to a loopback address has another one until then.
const FROM_OUTSIDE: BaseChain = BaseChain {
    name: "prerouting",
    kind: "filter",
    hook: Hook::Prerouting,
    priority: -300,
};
const LOOPBACK: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 0);
const LOOPBACK_PREFIX: u8 = 8;
const ROUTES_LOOPBACK: &str = "ipv4/conf/all/route_localnet";

/// Where a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ground {
    Vpc,
    Node,
}

#[derive(Debug)]
pub(crate) struct Table {
    name: String,
    node: String,
    ground: Ground,
    /// The node's own.
    address: Ipv4Addr,
    plan: Plan,
    /// What the kernel calls the table that has what the plan says.
    handle: Option<u64>,
}

fn name(names: &Names, node: &str) -> String {
    format!("{}_{node}", names.table())
}

/// The table of a node, which need not be there.
pub(super) fn remove(socket: &mut Socket, names: &Names, node: &str) -> Result<(), NetworkError> {
    let name = name(names, node);
    let mut batch = Batch::new(&name);
    batch.drop_table();
    batch.commit(socket, "remove the services of a node")
}

/// That of the node's own namespace, which the calling thread is in.
pub(super) fn remove_of_node(
    socket: &mut Socket,
    names: &Names,
    node: &str,
) -> Result<(), NetworkError> {
    // What was never written here has changed nothing: the setting may be the node's users'.
    if !nft::table_exists(socket, &name(names, node))? {
        return Ok(());
    }
    // First: the table also keeps others from what it routes.
    sysctl::write(ROUTES_LOOPBACK, "0")?;
    remove(socket, names, node)
}

/// For the reader of a listing; each has another.
fn chain(manner: &Manner) -> String {
    match manner {
        Manner::Refused => "refused".into(),
        Manner::Dropped => "dropped".into(),
        Manner::To {
            places,
            sticky_ms,
            by_node,
            outside,
        } => {
            let kept = sticky_ms.map(|it| format!("_kept_{it}ms"));
            let by_node = if *by_node { "_by_node" } else { "" };
            let outside = if *outside { "_outside" } else { "" };
            format!("to_{places}{}{by_node}{outside}", kept.unwrap_or_default())
        }
    }
}

fn guard(number: u32) -> String {
    format!("from_{number}")
}

impl Table {
    pub(super) fn new(names: &Names, node: &str, address: Ipv4Addr) -> Self {
        Self {
            name: name(names, node),
            node: node.to_owned(),
            ground: Ground::Vpc,
            address,
            plan: Plan::default(),
            handle: None,
        }
    }

    /// The one in the node's own namespace; that of the calling thread when it is written.
    pub(super) fn of_node(names: &Names, node: &str, address: Ipv4Addr) -> Self {
        Self {
            ground: Ground::Node,
            ..Self::new(names, node, address)
        }
    }

    /// Leads to `all` and nothing else. What is led so already is not touched; clients stay where they were.
    ///
    /// Who answers flows of datagrams that are led otherwise now. What a former run led to is not known: its flows end when nothing is
    /// sent for a while.
    pub(super) fn replace(
        &mut self,
        socket: &mut Socket,
        all: BTreeMap<FrontEnd, Lead>,
        members: BTreeSet<Ipv4Addr>,
    ) -> Result<BTreeSet<Ipv4Addr>, NetworkError> {
        // Somebody may have removed it meanwhile, or a namespace is another one.
        if self.handle.is_some() && nft::table_handle(socket, &self.name)? != self.handle {
            self.handle = None;
        }
        let changes = self.plan.replace(all);
        self.apply(socket, changes, members)
    }

    /// Who answers flows of datagrams that are led otherwise now.
    pub(super) fn change(
        &mut self,
        socket: &mut Socket,
        changes: BTreeMap<FrontEnd, Option<Lead>>,
        members: BTreeSet<Ipv4Addr>,
    ) -> Result<BTreeSet<Ipv4Addr>, NetworkError> {
        let changes = self.plan.change(changes);
        self.apply(socket, changes, members)
    }

    fn apply(
        &mut self,
        socket: &mut Socket,
        changes: Changes,
        members: BTreeSet<Ipv4Addr>,
    ) -> Result<BTreeSet<Ipv4Addr>, NetworkError> {
        self.tell_of_bounds();
        let stale = stale(&changes.steps, self.address);
        if self.ground == Ground::Node && self.handle.is_none() && self.plan.is_empty() {
            // Nothing is led, nor was anything written.
            return Ok(stale);
        }
        if self.handle.is_some() {
            let mut batch = Batch::new(&self.name);
            write(&mut batch, &changes);
            let Err(error) = batch.commit(socket, "change the services of a node") else {
                return Ok(stale);
            };
            // Somebody may have flushed the rules: what is known counts, so it is written whole.
            tracing::warn!(node = self.node, %error, "services differ from the kernel's rules; rewriting them");
        }
        self.write(socket, members)?;
        Ok(stale)
    }

    /// The whole table in one batch.
    fn write(
        &mut self,
        socket: &mut Socket,
        members: BTreeSet<Ipv4Addr>,
    ) -> Result<(), NetworkError> {
        self.handle = None;
        let all = std::mem::take(&mut self.plan).into_leads();
        let changes = match self.ground {
            Ground::Vpc => self.plan.begin(all),
            // It has few services.
            Ground::Node => self.plan.replace(all),
        };
        let mut batch = Batch::new(&self.name);
        batch.fresh_table();
        batch.endpoint_map(ENDPOINTS);
        batch.client_map(CLIENTS, MOST_CLIENTS);
        batch.kept_set(KEPT);
        batch.service_map(GUARDS);
        batch.service_map(SERVICES);
        match self.ground {
            Ground::Vpc => self.call_in_vpc(&mut batch, members),
            Ground::Node => self.call_in_node(&mut batch),
        }
        write(&mut batch, &changes);
        batch.commit(socket, "write the services of a node")?;
        if self.ground == Ground::Node {
            // What a loopback address leads to is elsewhere. Last: what keeps others from it is there.
            sysctl::write(ROUTES_LOOPBACK, "1")?;
        }
        self.handle = nft::table_handle(socket, &self.name)?;
        Ok(())
    }

    fn call_in_vpc(&self, batch: &mut Batch<'_>, members: BTreeSet<Ipv4Addr>) {
        batch.address_set(MEMBERS);
        batch.way_map(HAIRPINS);
        batch.service_map(PORT_GUARDS);
        batch.service_map(PORTS);
        batch.endpoint_map(PORT_ENDPOINTS);
        batch.kept_set(PORT_KEPT);
        batch.chain(PREROUTING);
        batch.chain(POSTROUTING);
        for (map, is_member) in [
            (GUARDS, true),
            (SERVICES, true),
            (PORT_GUARDS, false),
            (PORTS, false),
        ] {
            let called = [
                Expression::source_in(MEMBERS, is_member),
                Expression::service_verdict(map),
            ];
            batch.rule(PREROUTING.name, called.concat());
        }
        // A program of the node itself would take what comes from its own address for a forgery.
        let by_node = [
            Expression::packet_marked(BY_NODE),
            Expression::destination_beside(self.address),
            Expression::source_becomes(self.address),
        ];
        batch.rule(POSTROUTING.name, by_node.concat());
        let hairpin = [
            Expression::translated(true),
            Expression::source_by_way(HAIRPINS),
        ];
        batch.rule(POSTROUTING.name, hairpin.concat());
        batch.add_addresses(MEMBERS, members.iter().copied());
        for member in members {
            batch.add_way(HAIRPINS, (member, member), self.address);
        }
    }

    fn call_in_node(&self, batch: &mut Batch<'_>) {
        batch.chain(OUTPUT);
        batch.chain(POSTROUTING);
        batch.chain(FROM_OUTSIDE);
        batch.rule(OUTPUT.name, Expression::service_verdict(GUARDS));
        batch.rule(OUTPUT.name, Expression::service_verdict(SERVICES));
        let from_loopback = [
            Expression::translated(true),
            Expression::source(LOOPBACK, LOOPBACK_PREFIX),
            Expression::source_becomes(self.address),
        ];
        batch.rule(POSTROUTING.name, from_loopback.concat());
        let foreign = [
            Expression::link(Direction::In, Compare::Different, "lo"),
            Expression::destination(LOOPBACK, LOOPBACK_PREFIX),
            Expression::discard(),
        ];
        batch.rule(FROM_OUTSIDE.name, foreign.concat());
    }

    fn tell_of_bounds(&self) {
        let waiting = self.plan.waiting();
        if waiting > 0 {
            tracing::warn!(
                node = self.node,
                waiting,
                "a node has more services or endpoints than fit; some get no traffic"
            );
        }
    }

    pub(super) fn join(&self, socket: &mut Socket, address: Ipv4Addr) -> Result<(), NetworkError> {
        let mut batch = Batch::new(&self.name);
        batch.add_addresses(MEMBERS, [address]);
        batch.add_way(HAIRPINS, (address, address), self.address);
        let joined = batch.commit(socket, "let a pod call services");
        // One without services has no table; they come with it.
        tolerate(joined, &[Errno::ENOENT, Errno::EEXIST])
    }

    pub(super) fn leave(&self, socket: &mut Socket, address: Ipv4Addr) -> Result<(), NetworkError> {
        let mut batch = Batch::new(&self.name);
        batch.remove_addresses(MEMBERS, [address]);
        batch.remove_way(HAIRPINS, (address, address));
        let left = batch.commit(socket, "take services from a pod");
        tolerate(left, &[Errno::ENOENT])
    }
}

fn tolerate(done: Result<(), NetworkError>, those: &[Errno]) -> Result<(), NetworkError> {
    match done {
        Err(error) if those.iter().any(|it| error.errno() == Some(*it as i32)) => Ok(()),
        done => done,
    }
}

/// Who answers flows of datagrams that are led otherwise now: endpoints that went, and a place that leads somewhere for the first time,
/// which was taken for a host of that address before. At the node's `own` addresses programs answer as well, whose flows go on.
fn stale(steps: &[Step], own: Ipv4Addr) -> BTreeSet<Ipv4Addr> {
    let is_own = |at: &FrontEnd| at.address == own || at.address.is_loopback();
    let of = |step: &Step| match step {
        Step::Add(at, _) if at.protocol == UDP && !is_own(at) => BTreeSet::from([at.address]),
        Step::Remove(at, way) if at.protocol == UDP => plan::gone(&way.lead, None),
        Step::Change(at, old, new) if at.protocol == UDP => plan::gone(&old.lead, Some(&new.lead)),
        _ => BTreeSet::new(),
    };
    steps.iter().flat_map(of).collect()
}

fn is_outside(at: &FrontEnd) -> bool {
    at.caller == Caller::Other
}

fn key(at: &FrontEnd) -> ServiceKey {
    (at.address, at.protocol, at.port)
}

/// The maps of members, or of others.
fn maps(outside: bool) -> [&'static str; 4] {
    match outside {
        false => [SERVICES, ENDPOINTS, KEPT, GUARDS],
        true => [PORTS, PORT_ENDPOINTS, PORT_KEPT, PORT_GUARDS],
    }
}

/// All of a kind together: a message for each of ten thousand would be most of the batch.
fn write(batch: &mut Batch<'_>, changes: &Changes) {
    // First, while a map that is made with them is empty: the kernel looks at all of its elements for each.
    for manner in &changes.begun {
        let chain = chain(manner);
        batch.inner_chain(&chain);
        for rule in rules(manner) {
            batch.rule(&chain, rule);
        }
    }
    for (number, sources) in &changes.begun_guards {
        let chain = guard(*number);
        batch.inner_chain(&chain);
        for rule in guarding(sources) {
            batch.rule(&chain, rule);
        }
    }
    for outside in [false, true] {
        let [services, endpoints, kept, guards] = maps(outside);
        let here = |it: &(&FrontEnd, &Way)| is_outside(it.0) == outside;
        let former = || changes.steps.iter().filter_map(Step::former).filter(here);
        let next = || changes.steps.iter().filter_map(Step::next).filter(here);
        let led_otherwise = |step: &&Step| match step {
            Step::Change(at, old, new) => Manner::of(at.caller, old) != Manner::of(at.caller, new),
            Step::Add(..) | Step::Remove(..) => true,
        };
        let others = || changes.steps.iter().filter(led_otherwise);
        // First: where one is led otherwise from now on, it is by then who may come.
        let guarded_otherwise = |step: &&Step| match step {
            Step::Change(_, old, new) => old.guard != new.guard,
            Step::Add(..) | Step::Remove(..) => true,
        };
        let regarded = || changes.steps.iter().filter(guarded_otherwise);
        let gone = regarded().filter_map(Step::former).filter(here);
        let gone = gone.filter(|(_, way)| way.guard.is_some());
        batch.remove_services(guards, gone.map(|(at, _)| key(at)));
        let come = regarded().filter_map(Step::next).filter(here);
        let come = come.filter_map(|(at, way)| Some((key(at), guard(way.guard?))));
        batch.add_guards(guards, come);
        let gone = others().filter_map(Step::former).filter(here);
        batch.remove_services(services, gone.map(|(at, _)| key(at)));
        let come = others().filter_map(Step::next).filter(here);
        let come = come.map(|(at, way)| (key(at), chain(&Manner::of(at.caller, way))));
        batch.add_services(services, come);
        let places = |(at, way): (&FrontEnd, &Way)| {
            let at = key(at);
            (0..way.count()).map(move |place| (at, place))
        };
        batch.remove_endpoints(endpoints, former().flat_map(places));
        let places = |(at, way): (&FrontEnd, &Way)| {
            let at = key(at);
            let all = (0..).zip(way.places());
            all.map(move |(place, to)| ((at, place), to))
        };
        batch.add_endpoints(endpoints, next().flat_map(places));
        batch.remove_kept(kept, former().flat_map(kept_of));
        batch.add_kept(kept, next().flat_map(kept_of));
    }
    for manner in &changes.ended {
        batch.delete_chain(&chain(manner));
    }
    for number in &changes.ended_guards {
        batch.delete_chain(&guard(*number));
    }
}

/// Who is of these ranges goes on to where it is led, and nobody else does.
fn guarding(sources: &[Subnet]) -> Vec<Vec<Expression>> {
    let allowed = sources.iter().map(|it| {
        let source = Expression::source(it.network(), it.prefix());
        [source, Expression::back()].concat()
    });
    allowed.chain([Expression::discard()]).collect()
}

fn kept_of<'a>(
    (at, way): (&FrontEnd, &'a Way),
) -> impl Iterator<Item = (ServiceKey, SocketAddrV4)> + use<'a> {
    let at = key(at);
    way.kept().iter().map(move |it| (at, *it))
}

/// What is led alike.
fn rules(manner: &Manner) -> Vec<Vec<Expression>> {
    let (places, sticky_ms, by_node, outside) = match *manner {
        Manner::Refused => return vec![Expression::refuse()],
        Manner::Dropped => return vec![Expression::discard()],
        Manner::To {
            places,
            sticky_ms,
            by_node,
            outside,
        } => (places, sticky_ms, by_node, outside),
    };
    let [_, endpoints, kept, _] = maps(outside);
    let rules = match sticky_ms {
        None => vec![Expression::to_endpoint(endpoints, places)],
        Some(time_ms) => {
            let memory = Memory {
                clients: CLIENTS,
                kept,
                time_ms,
            };
            // Each rule ends where it finds nothing, and the next has its turn: for whom there is no room, the last.
            vec![
                Expression::to_where_it_was(memory),
                Expression::to_endpoint_kept(memory, endpoints, places),
                Expression::to_endpoint_of_client(endpoints, places),
            ]
        }
    };
    let marked = |rule: Vec<Expression>| -> Vec<Expression> {
        let mark = by_node.then(|| Expression::mark_packet(BY_NODE));
        mark.into_iter().flatten().chain(rule).collect()
    };
    rules.into_iter().map(marked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_of_datagrams_are_forgotten_where_they_would_go_on_elsewhere() {
        const SERVICE: Ipv4Addr = Ipv4Addr::new(10, 100, 0, 10);
        const NODE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 4);
        let pod = |last| Ipv4Addr::new(10, 0, 0, last);
        let at = |protocol| FrontEnd {
            caller: Caller::Member,
            address: SERVICE,
            protocol,
            port: 53,
        };
        let to = |all: &[u8]| Way {
            lead: Lead::To {
                endpoints: all
                    .iter()
                    .map(|it| SocketAddrV4::new(pod(*it), 53))
                    .collect(),
                sticky: None,
                by_node: false,
            },
            guard: None,
        };
        let refused = || Way {
            lead: Lead::Refused,
            guard: None,
        };
        let none = BTreeSet::new();
        for (step, wanted) in [
            (Step::Add(at(UDP), to(&[1])), BTreeSet::from([SERVICE])),
            (Step::Add(at(6), to(&[1])), none.clone()),
            (
                Step::Add(
                    FrontEnd {
                        address: NODE,
                        ..at(UDP)
                    },
                    to(&[1]),
                ),
                none.clone(),
            ),
            (Step::Remove(at(UDP), to(&[1])), BTreeSet::from([pod(1)])),
            (Step::Remove(at(6), to(&[1])), none.clone()),
            (
                Step::Change(at(UDP), to(&[1, 2]), to(&[2, 3])),
                BTreeSet::from([pod(1)]),
            ),
            // What was refused left no flow behind.
            (Step::Change(at(UDP), refused(), to(&[1])), none),
        ] {
            assert_eq!(stale(std::slice::from_ref(&step), NODE), wanted, "{step:?}");
        }
    }
}
