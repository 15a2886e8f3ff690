//! The table of one node.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use nix::errno::Errno;

use super::plan::{self, Plan, Step, Way};
use super::{Caller, FrontEnd, Lead, UDP};
use crate::error::NetworkError;
use crate::names::Names;
use crate::netlink::Socket;
use crate::netlink::nft::{self, BaseChain, Batch, Compare, Direction, Expression, Hook};
use crate::sysctl;

const MEMBERS: &str = "members";
const SERVICES: &str = "services";
const PORTS: &str = "ports";
const ENDPOINTS: &str = "endpoints";
/// Where clients of sticky services were, each for a time.
const CLIENTS: &str = "clients";
/// Where they may be kept.
const KEPT: &str = "kept";
/// Clients that a node knows at a time, some 10 MiB of the kernel's memory; others are led by their address alone.
const MOST_CLIENTS: u32 = 65_536;
const HAIRPINS: &str = "hairpins";
const REFUSED: &str = "refused";
const DROPPED: &str = "dropped";
/// On a packet that is to leave as the node's.
const BY_NODE: u32 = 1;

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

fn chain(way: &Way) -> String {
    format!("s{}", way.chain)
}

impl Table {
    pub(super) fn new(names: &Names, node: &str, address: Ipv4Addr) -> Self {
        Self {
            name: name(names, node),
            node: node.to_owned(),
            ground: Ground::Vpc,
            address,
            plan: Plan::default(),
        }
    }

    /// The one in the node's own namespace; that of the calling thread when it is written.
    pub(super) fn of_node(names: &Names, node: &str, address: Ipv4Addr) -> Self {
        Self {
            ground: Ground::Node,
            ..Self::new(names, node, address)
        }
    }

    /// Nothing is led, nor was anything written.
    pub(super) fn is_empty(&self) -> bool {
        self.plan.ways().next().is_none()
    }

    /// The whole table in one batch.
    pub(super) fn write(
        &mut self,
        socket: &mut Socket,
        all: BTreeMap<FrontEnd, Lead>,
        members: BTreeSet<Ipv4Addr>,
    ) -> Result<(), NetworkError> {
        let all = all.into_iter().map(|(at, lead)| (at, Some(lead)));
        let steps = self.plan.change(all.collect());
        self.tell_of_bounds();
        let mut batch = Batch::new(&self.name);
        batch.fresh_table();
        batch.endpoint_map(ENDPOINTS);
        batch.client_map(CLIENTS, MOST_CLIENTS);
        batch.kept_set(KEPT);
        batch.service_map(SERVICES);
        batch.inner_chain(REFUSED);
        batch.inner_chain(DROPPED);
        batch.rule(REFUSED, Expression::refuse());
        batch.rule(DROPPED, Expression::discard());
        match self.ground {
            Ground::Vpc => self.call_in_vpc(&mut batch, members),
            Ground::Node => self.call_in_node(&mut batch),
        }
        write(&mut batch, &steps);
        batch.commit(socket, "write the services of a node")?;
        match self.ground {
            Ground::Vpc => Ok(()),
            // What a loopback address leads to is elsewhere. Last: what keeps others from it is there.
            Ground::Node => sysctl::write(ROUTES_LOOPBACK, "1"),
        }
    }

    fn call_in_vpc(&self, batch: &mut Batch<'_>, members: BTreeSet<Ipv4Addr>) {
        batch.address_set(MEMBERS);
        batch.way_map(HAIRPINS);
        batch.service_map(PORTS);
        batch.chain(PREROUTING);
        batch.chain(POSTROUTING);
        let called = [
            Expression::source_in(MEMBERS, true),
            Expression::service_verdict(SERVICES),
        ];
        batch.rule(PREROUTING.name, called.concat());
        let others = [
            Expression::source_in(MEMBERS, false),
            Expression::service_verdict(PORTS),
        ];
        batch.rule(PREROUTING.name, others.concat());
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

    /// The endpoints of datagrams that nothing leads to any more.
    pub(super) fn change(
        &mut self,
        socket: &mut Socket,
        changes: BTreeMap<FrontEnd, Option<Lead>>,
        members: BTreeSet<Ipv4Addr>,
    ) -> Result<BTreeSet<Ipv4Addr>, NetworkError> {
        let steps = self.plan.change(changes);
        self.tell_of_bounds();
        let mut batch = Batch::new(&self.name);
        write(&mut batch, &steps);
        let stale = stale(&steps);
        let Err(error) = batch.commit(socket, "change the services of a node") else {
            return Ok(stale);
        };
        // Somebody may have flushed the rules: what is known counts, so it is written whole.
        tracing::warn!(node = self.node, %error, "services differ from the kernel's rules; rewriting them");
        let all = std::mem::take(&mut self.plan).into_leads();
        self.write(socket, all, members)?;
        Ok(stale)
    }

    fn tell_of_bounds(&self) {
        let waiting = self.plan.waiting();
        if waiting > 0 {
            tracing::warn!(
                node = self.node,
                waiting,
                "a node has more services or endpoints than it may have; some are not led"
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

    /// Endpoints of a protocol that `other` does not lead to.
    pub(super) fn endpoints_beside(&self, other: &Self, protocol: u8) -> BTreeSet<Ipv4Addr> {
        let now: BTreeMap<_, _> = other.plan.ways().collect();
        let own = self.plan.ways().filter(|(at, _)| at.protocol == protocol);
        own.flat_map(|(at, way)| plan::gone(&way.lead, now.get(at).map(|it| &it.lead)))
            .collect()
    }
}

fn tolerate(done: Result<(), NetworkError>, those: &[Errno]) -> Result<(), NetworkError> {
    match done {
        Err(error) if those.iter().any(|it| error.errno() == Some(*it as i32)) => Ok(()),
        done => done,
    }
}

fn stale(steps: &[Step]) -> BTreeSet<Ipv4Addr> {
    let of = |step: &Step| match step {
        Step::Remove(at, way) if at.protocol == UDP => plan::gone(&way.lead, None),
        Step::Change(at, old, new) if at.protocol == UDP => plan::gone(&old.lead, Some(&new.lead)),
        _ => BTreeSet::new(),
    };
    steps.iter().flat_map(of).collect()
}

fn map_of(at: &FrontEnd) -> &'static str {
    match at.caller {
        Caller::Member | Caller::Own => SERVICES,
        Caller::Other => PORTS,
    }
}

fn write(batch: &mut Batch<'_>, steps: &[Step]) {
    let key = |at: &FrontEnd| (at.address, at.protocol, at.port);
    let (mut led, mut others) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Add(at, way) => {
                batch.inner_chain(&chain(way));
                write_way(batch, way);
                match at.caller {
                    Caller::Member | Caller::Own => led.push((key(at), chain(way))),
                    Caller::Other => others.push((key(at), chain(way))),
                }
            }
            Step::Change(_, old, new) => {
                batch.flush_chain(&chain(old));
                batch.remove_kept(KEPT, old.chain, old.kept());
                write_way(batch, new);
                batch.remove_endpoints(ENDPOINTS, old.number, old.count());
            }
            Step::Remove(at, way) => {
                batch.remove_services(map_of(at), [key(at)]);
                batch.delete_chain(&chain(way));
                batch.remove_kept(KEPT, way.chain, way.kept());
                batch.remove_endpoints(ENDPOINTS, way.number, way.count());
            }
        }
    }
    // Together: a message for each of ten thousand would be most of the batch.
    for (map, led) in [(SERVICES, led), (PORTS, others)] {
        let led = led.iter().map(|(key, chain)| (*key, chain.as_str()));
        batch.add_services(map, led);
    }
}

fn write_way(batch: &mut Batch<'_>, way: &Way) {
    let places = way.places();
    batch.add_endpoints(ENDPOINTS, way.number, places.iter().copied());
    batch.add_kept(KEPT, way.chain, way.kept());
    let marked = |rule: Vec<Expression>| -> Vec<Expression> {
        let by_node = matches!(way.lead, Lead::To { by_node: true, .. });
        let mark = by_node.then(|| Expression::mark_packet(BY_NODE));
        mark.into_iter().flatten().chain(rule).collect()
    };
    if let Some(time) = way.sticky() {
        let time_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let memory = (CLIENTS, way.chain, time_ms);
        // Each rule ends where it finds nothing, and the next has its turn: for whom there is no room, the last.
        let again = Expression::to_where_it_was(memory, KEPT);
        batch.rule(&chain(way), marked(again));
        let first = Expression::to_endpoint_kept(memory, ENDPOINTS, way.number, way.count());
        batch.rule(&chain(way), marked(first));
    }
    let rule = match way.lead {
        Lead::To { .. } => {
            let is_sticky = way.sticky().is_some();
            let to = Expression::to_endpoint(ENDPOINTS, way.number, way.count(), is_sticky);
            marked(to)
        }
        Lead::Refused => Expression::goto(REFUSED),
        Lead::Dropped => Expression::goto(DROPPED),
    };
    batch.rule(&chain(way), rule);
}
