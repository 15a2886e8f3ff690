//! The table of a VPC's namespace for IPv6: as that for IPv4 (`groups`), with one translation: of what leaves the VPC.
//!
//! ```text
//! guard                    before all else: iifname . ip6 saddr @sources, a peer's range from the link to it, or it ends here
//! itself                   nothing is for the namespace itself
//! leaving-subnets          ip6 saddr vmap @edges-out: network ACLs, packet by packet
//! senders                  ct mark <generation>: judged since the last change; ct original ip6 saddr vmap @senders
//! entering-subnets         ip6 daddr vmap @edges-in
//! receivers                ct reply ip6 saddr vmap @receivers
//! exits                    oifname up ip6 saddr vmap @exits-out: what route tables say, packet by packet
//! masquerade               oifname up: under the uplink's address; where a table leads out
//! out/…, in/…, group/…     policies, groups and who has them
//! ```

use std::net::Ipv6Addr;

use super::OWN;
use super::plan::{Edge, Wanted};
use super::rule::{Entry, Group, Peer, Rule};
use crate::groups::{ICMPV6, Policy, verdict};
use crate::names::{Names, SCOPE_TUNNEL, SCOPE_UPLINK};
use crate::netlink::nft::{BaseChain, Batch, Compare, Direction, Expression, Hook, Side};

const GUARD: BaseChain = BaseChain {
    name: "guard",
    kind: "filter",
    hook: Hook::Prerouting,
    // Before connection tracking, where a packet costs a place.
    priority: -300,
};
const ITSELF: BaseChain = BaseChain {
    name: "itself",
    kind: "filter",
    hook: Hook::Input,
    priority: 0,
};
const LEAVING: BaseChain = BaseChain {
    name: "leaving-subnets",
    kind: "filter",
    hook: Hook::Forward,
    priority: -20,
};
const SENDERS: BaseChain = BaseChain {
    name: "senders",
    priority: 0,
    ..LEAVING
};
const ENTERING: BaseChain = BaseChain {
    name: "entering-subnets",
    priority: 3,
    ..LEAVING
};
const RECEIVERS: BaseChain = BaseChain {
    name: "receivers",
    priority: 5,
    ..LEAVING
};
const EXITS: BaseChain = BaseChain {
    name: "exits",
    priority: 7,
    ..LEAVING
};
const MASQUERADE: BaseChain = BaseChain {
    name: "masquerade",
    kind: "nat",
    hook: Hook::Postrouting,
    priority: 100,
};
/// `fd00:ec2::/32`, whatever a route says.
const SERVICES: (Ipv6Addr, u8) = (
    Ipv6Addr::from_bits(OWN.to_bits() >> (128 - 32) << (128 - 32)),
    32,
);
const SOURCES: &str = "sources";
const EDGES_OUT: &str = "edges-out";
const EDGES_IN: &str = "edges-in";
const EXITS_OUT: &str = "exits-out";
const ADMIT: &str = "admit";
/// Of interfaces that nobody has spoken of: they begin connections, and are not called.
const UNKNOWN_OUT: &str = "out/++unknown";
const UNKNOWN_IN: &str = "in/++unknown";

/// Replaces the table: no packet sees a moment without rules.
pub(super) fn batch<'a>(names: &'a Names, wanted: &Wanted, generation: u32) -> Batch<'a> {
    let mut batch = Batch::ipv6(names.table());
    batch.fresh_table();
    for chain in [GUARD, ITSELF, LEAVING, SENDERS, ENTERING, RECEIVERS, EXITS] {
        batch.chain(chain);
    }
    for chain in [ADMIT, UNKNOWN_OUT, UNKNOWN_IN] {
        batch.inner_chain(chain);
    }
    for map in [SENDERS.name, RECEIVERS.name, EDGES_OUT, EDGES_IN, EXITS_OUT] {
        batch.verdict_map_ipv6(map);
    }
    batch.sender_set_ipv6(SOURCES);
    write_guard(&mut batch, wanted);
    write_groups(&mut batch, wanted);
    write_entry(&mut batch, &names.veth_prefix(), generation);
    for (subnet, edge) in &wanted.edges {
        write_edge(&mut batch, subnet, edge);
    }
    write_exits(&mut batch, wanted);
    let bound = |chain: fn(&str) -> String| {
        let all = wanted.here.iter();
        let all =
            all.filter_map(move |(address, here)| Some((*address, chain(here.edge.as_ref()?))));
        all.collect::<Vec<(Ipv6Addr, String)>>()
    };
    batch.add_verdicts_ipv6(EDGES_OUT, bound(leaving));
    batch.add_verdicts_ipv6(EDGES_IN, bound(entering));
    batch
}

fn write_guard(batch: &mut Batch<'_>, wanted: &Wanted) {
    let here = wanted.here.iter();
    let here = here.map(|(address, here)| (here.link.as_str(), *address));
    let there = wanted.there.keys().map(|address| (SCOPE_TUNNEL, *address));
    batch.add_senders_ipv6(SOURCES, here.chain(there));
    let known = [Expression::sender_in_ipv6(SOURCES), Expression::accept()];
    batch.rule(GUARD.name, known.concat());
    for (link, range) in &wanted.peers {
        let from_peer = [
            Expression::link(Direction::In, Compare::Equal, link),
            Expression::source_ipv6(range.network(), range.prefix()),
            Expression::accept(),
        ];
        batch.rule(GUARD.name, from_peer.concat());
    }
    // From outside come answers alone, and errors about what went there.
    let answers = [by_uplink(Direction::In), Expression::accept()];
    batch.rule(GUARD.name, answers.concat());
    batch.rule(GUARD.name, Expression::discard());
    batch.rule(ITSELF.name, Expression::discard());
}

fn write_entry(batch: &mut Batch<'_>, links: &str, generation: u32) {
    let unlisted = |first: bool, direction| {
        [
            Expression::first_direction(first),
            Expression::link_prefix(direction, Compare::Equal, links),
            Expression::discard(),
        ]
        .concat()
    };
    let judged = [Expression::marked(generation), Expression::accept()].concat();
    let uninvited = [
        by_uplink(Direction::In),
        Expression::first_direction(true),
        Expression::discard(),
    ];
    for rule in [
        uninvited.concat(),
        judged.clone(),
        [Expression::invalid(), Expression::discard()].concat(),
        Expression::connection_verdict_ipv6(Side::Source, SENDERS.name),
        unlisted(true, Direction::In),
        unlisted(false, Direction::Out),
    ] {
        batch.rule(SENDERS.name, rule);
    }
    for rule in [
        judged,
        Expression::connection_verdict_ipv6(Side::Destination, RECEIVERS.name),
        unlisted(true, Direction::Out),
        unlisted(false, Direction::In),
        // To another host, whose rules come next, or back from here to whoever began it there.
        Expression::goto(ADMIT),
    ] {
        batch.rule(RECEIVERS.name, rule);
    }
    batch.rule(ADMIT, Expression::set_mark(generation));
    batch.rule(ADMIT, Expression::accept());
    let out = Expression::source_verdict_ipv6(EDGES_OUT);
    batch.rule(LEAVING.name, out);
    let inwards = Expression::destination_verdict_ipv6(EDGES_IN);
    batch.rule(ENTERING.name, inwards);
    batch.rule(UNKNOWN_OUT, Expression::accept());
    batch.rule(UNKNOWN_IN, Expression::discard());
}

fn by_uplink(direction: Direction) -> Vec<Expression> {
    Expression::link(direction, Compare::Equal, SCOPE_UPLINK)
}

/// What leaves by the uplink, as the route table of its sender's subnet says. The addresses of the VPC and those that
/// clouds have for services of their own, such as what they tell this very host, are not outside.
fn write_exits(batch: &mut Batch<'_>, wanted: &Wanted) {
    let leaves = by_uplink(Direction::Out);
    let by_table = Expression::source_verdict_ipv6(EXITS_OUT);
    batch.rule(EXITS.name, [leaves.clone(), by_table].concat());
    let discard = Expression::discard();
    batch.rule(EXITS.name, [leaves.clone(), discard].concat());
    if !wanted.exits.is_empty() {
        batch.chain(MASQUERADE);
        let as_uplink = [leaves, Expression::masquerade()];
        batch.rule(MASQUERADE.name, as_uplink.concat());
    }
    for (id, exit) in &wanted.exits {
        let chain = exit_chain(id);
        batch.inner_chain(&chain);
        let never = wanted.range.map(|it| (it.network(), it.prefix()));
        let never = never.into_iter().chain([SERVICES]);
        let never = never.map(|range| (range, false));
        let ways = exit.ways.iter();
        let ways = ways.map(|(range, out)| ((range.network(), range.prefix()), *out));
        for ((network, prefix), out) in never.chain(ways) {
            let to = Expression::destination_ipv6(network, prefix);
            batch.rule(&chain, [to, verdict(out)].concat());
        }
        batch.rule(&chain, Expression::discard());
    }
    let bound = wanted.here.iter();
    let bound = bound.filter_map(|(address, here)| {
        let exit = here.exit.as_ref()?;
        Some((*address, exit_chain(exit)))
    });
    batch.add_verdicts_ipv6(EXITS_OUT, bound);
}

fn exit_chain(table: &str) -> String {
    format!("exit/{table}")
}

/// The sets of members, the chains of groups, and those of interfaces, by what these may.
fn write_groups(batch: &mut Batch<'_>, wanted: &Wanted) {
    for (id, members) in &wanted.members {
        batch.address_set_ipv6(&set(id));
        batch.add_addresses_ipv6(&set(id), members.iter().copied());
    }
    for (id, group) in &wanted.groups {
        for way in Way::ALL {
            let chain = way.of_group(id);
            batch.inner_chain(&chain);
            for rule in way.rules(group) {
                batch.rule(&chain, way.expressions(rule));
            }
        }
    }
    let mut policies: Vec<&Policy> = Vec::new();
    for here in wanted.here.values() {
        if !policies.contains(&&here.policy) {
            policies.push(&here.policy);
        }
    }
    let number = |policy: &Policy| policies.iter().position(|it| *it == policy);
    for (at, policy) in policies.iter().enumerate() {
        let Policy::Groups(groups) = policy else {
            continue;
        };
        for way in Way::ALL {
            let chain = way.of_policy(at);
            batch.inner_chain(&chain);
            for group in groups {
                batch.rule(&chain, Expression::jump(&way.of_group(group)));
            }
            batch.rule(&chain, Expression::discard());
        }
    }
    for way in Way::ALL {
        let verdicts = wanted.here.iter().map(|(address, here)| {
            let chain = match (&here.policy, number(&here.policy)) {
                (Policy::Groups(_), Some(at)) => way.of_policy(at),
                _ => way.unknown().to_owned(),
            };
            (*address, chain)
        });
        batch.add_verdicts_ipv6(way.map(), verdicts);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The sender's egress, about who answers.
    Out,
    /// The ingress of who answers, about the sender.
    In,
}

impl Way {
    const ALL: [Self; 2] = [Self::Out, Self::In];

    const fn name(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
        }
    }

    const fn map(self) -> &'static str {
        match self {
            Self::Out => SENDERS.name,
            Self::In => RECEIVERS.name,
        }
    }

    const fn unknown(self) -> &'static str {
        match self {
            Self::Out => UNKNOWN_OUT,
            Self::In => UNKNOWN_IN,
        }
    }

    fn of_group(self, id: &str) -> String {
        format!("{}/{id}", self.name())
    }

    /// Ids hold no `+`, so it is no group's.
    fn of_policy(self, number: usize) -> String {
        format!("{}/+{number}", self.name())
    }

    fn rules(self, group: &Group) -> &[Rule] {
        match self {
            Self::Out => &group.egress,
            Self::In => &group.ingress,
        }
    }

    fn expressions(self, rule: &Rule) -> Vec<Expression> {
        let mut all = rule
            .traffic
            .of_connections(ICMPV6, Expression::connection_ports);
        let side = match self {
            Self::Out => Side::Destination,
            Self::In => Side::Source,
        };
        match &rule.peer {
            Peer::Range(range) if range.prefix() == 0 => {}
            Peer::Range(range) => all.extend(Expression::connection_address_ipv6(
                side,
                range.network(),
                range.prefix(),
            )),
            Peer::Group(id) => {
                all.extend(Expression::connection_address_in_ipv6(side, &set(id)));
            }
        }
        all.extend(match self {
            Self::In => Expression::goto(ADMIT),
            // Who receives has yet to be asked, in the chain that comes next.
            Self::Out => Expression::accept(),
        });
        all
    }
}

/// The set of the addresses that have a group.
fn set(group: &str) -> String {
    format!("group/{group}")
}

fn leaving(subnet: &str) -> String {
    format!("acl-out/{subnet}")
}

fn entering(subnet: &str) -> String {
    format!("acl-in/{subnet}")
}

fn write_edge(batch: &mut Batch<'_>, subnet: &str, edge: &Edge) {
    let (out, inwards) = (leaving(subnet), entering(subnet));
    batch.inner_chain(&out);
    batch.inner_chain(&inwards);
    if let Some(range) = edge.range {
        let (network, prefix) = (range.network(), range.prefix());
        let to = Expression::destination_ipv6(network, prefix);
        batch.rule(&out, [to, Expression::accept()].concat());
        let from = Expression::source_ipv6(network, prefix);
        batch.rule(&inwards, [from, Expression::accept()].concat());
    }
    for entry in &edge.acl.egress {
        let (network, prefix) = (entry.range.network(), entry.range.prefix());
        let to = Expression::destination_ipv6(network, prefix);
        batch.rule(&out, of_entry(entry, to));
    }
    for entry in &edge.acl.ingress {
        let (network, prefix) = (entry.range.network(), entry.range.prefix());
        let from = Expression::source_ipv6(network, prefix);
        batch.rule(&inwards, of_entry(entry, from));
    }
    batch.rule(&out, Expression::discard());
    batch.rule(&inwards, Expression::discard());
}

fn of_entry(entry: &Entry, peer: Vec<Expression>) -> Vec<Expression> {
    let traffic = entry.traffic.of_packets(ICMPV6);
    [traffic, peer, verdict(entry.allow)].concat()
}
