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

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use super::OWN;
use super::plan::{Edge, Here, Wanted};
use super::rule::{Entry, Group, Peer, Rule};
use crate::groups::{ENTERING, ICMPV6, LEAVING, Policy, RECEIVERS, SENDERS, Way, verdict};
use crate::names::{Names, SCOPE_TUNNEL, SCOPE_UPLINK};
use crate::netlink::nft::{BaseChain, Compare, Direction, Expression, Hook, Image, Side};

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
/// Behind what groups and network ACLs say, whose chains are those of IPv4.
const EXITS: BaseChain = BaseChain {
    name: "exits",
    priority: 7,
    ..RECEIVERS
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

/// What the table is to be.
pub(super) fn image(names: &Names, wanted: &Wanted, generation: u32) -> Image {
    let mut batch = Image::default();
    for chain in [GUARD, ITSELF, LEAVING, SENDERS, ENTERING, RECEIVERS, EXITS] {
        batch.chain(chain);
    }
    for chain in [ADMIT, UNKNOWN_OUT, UNKNOWN_IN] {
        batch.inner_chain(chain);
    }
    for map in [SENDERS.name, RECEIVERS.name, EDGES_OUT, EDGES_IN, EXITS_OUT] {
        batch.verdict_map(map);
    }
    batch.sender_set(SOURCES);
    write_guard(&mut batch, wanted);
    write_groups(&mut batch, wanted);
    write_entry(&mut batch, &names.veth_prefix(), generation);
    for (subnet, edge) in &wanted.edges {
        write_edge(&mut batch, subnet, edge);
    }
    write_exits(&mut batch, wanted);
    for (address, here) in &wanted.here {
        if let Some(edge) = &here.edge {
            batch.add_verdict(EDGES_OUT, *address, leaving(edge));
            batch.add_verdict(EDGES_IN, *address, entering(edge));
        }
    }
    batch
}

fn write_guard(batch: &mut Image, wanted: &Wanted) {
    for (address, here) in &wanted.here {
        batch.add_sender(SOURCES, &here.link, *address);
    }
    for address in wanted.there.keys() {
        batch.add_sender(SOURCES, SCOPE_TUNNEL, *address);
    }
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

fn write_entry(batch: &mut Image, links: &str, generation: u32) {
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
fn write_exits(batch: &mut Image, wanted: &Wanted) {
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
    for (address, here) in &wanted.here {
        if let Some(exit) = &here.exit {
            batch.add_verdict(EXITS_OUT, *address, exit_chain(exit));
        }
    }
}

fn exit_chain(table: &str) -> String {
    format!("exit/{table}")
}

/// The ways in which groups are asked here: no port leads elsewhere. Each with the map by which.
const WAYS: [(Way, BaseChain, &str); 2] = [
    (Way::Out, SENDERS, UNKNOWN_OUT),
    (Way::In, RECEIVERS, UNKNOWN_IN),
];

/// The sets of members, the chains of groups, and those of interfaces, by what these may.
fn write_groups(batch: &mut Image, wanted: &Wanted) {
    for (id, members) in &wanted.members {
        batch.address_set(&set(id));
        batch.add_addresses(&set(id), members.iter().copied());
    }
    for (id, group) in &wanted.groups {
        for (way, ..) in WAYS {
            let chain = way.of_group(id);
            batch.inner_chain(&chain);
            for rule in rules(way, group) {
                batch.rule(&chain, expressions(way, rule));
            }
        }
    }
    let policies: BTreeSet<&[String]> = wanted.here.values().filter_map(groups_of).collect();
    for groups in policies {
        for (way, ..) in WAYS {
            let chain = way.of_policy(groups);
            batch.inner_chain(&chain);
            for group in groups {
                batch.rule(&chain, Expression::jump(&way.of_group(group)));
            }
            batch.rule(&chain, Expression::discard());
        }
    }
    for (way, map, unknown) in WAYS {
        for (address, here) in &wanted.here {
            let chain = match groups_of(here) {
                Some(groups) => way.of_policy(groups),
                None => unknown.to_owned(),
            };
            batch.add_verdict(map.name, *address, chain);
        }
    }
}

fn groups_of(here: &Here) -> Option<&[String]> {
    match &here.policy {
        Policy::Groups(groups) => Some(groups),
        Policy::Unknown => None,
    }
}

fn rules(way: Way, group: &Group) -> &[Rule] {
    match way {
        Way::Out => &group.egress,
        _ => &group.ingress,
    }
}

/// The sender's egress is about who answers, the ingress of who answers about the sender.
fn expressions(way: Way, rule: &Rule) -> Vec<Expression> {
    let mut all = rule
        .traffic
        .of_connections(ICMPV6, Expression::connection_ports);
    let is_out = way == Way::Out;
    let side = match is_out {
        true => Side::Destination,
        false => Side::Source,
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
    all.extend(match is_out {
        // Who receives has yet to be asked, in the chain that comes next.
        true => Expression::accept(),
        false => Expression::goto(ADMIT),
    });
    all
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

fn write_edge(batch: &mut Image, subnet: &str, edge: &Edge) {
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
