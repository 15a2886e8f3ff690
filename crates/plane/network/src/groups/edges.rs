//! Network ACLs in the kernel: they see every packet, before security groups look at its connection.
//!
//! ```text
//! leaving-subnets   ip saddr vmap @edges-out     packets of interfaces that are wired here
//! entering-subnets  ip daddr vmap @edges-in      packets to them
//! acl-out/<subnet>, acl-in/<subnet>              one rule for each entry; what fits none is dropped
//! ```
//! Addresses are those of the VPC, and of the outside: translation comes before, or after.

use super::acls::{Edge, Entry, Step};
use super::traffic::{ICMP, verdict};
use crate::names::Names;
use crate::netlink::nft::{BaseChain, Batch, Compare, Direction, Expression, Hook};

pub(crate) const LEAVING: BaseChain = BaseChain {
    name: "leaving-subnets",
    kind: "filter",
    hook: Hook::Forward,
    priority: -20,
};
pub(crate) const ENTERING: BaseChain = BaseChain {
    name: "entering-subnets",
    kind: "filter",
    hook: Hook::Forward,
    // Between what senders and what receivers may, so that it is known at whose end a packet is dropped.
    priority: 3,
};
/// The interfaces behind an edge.
const OUT: &str = "edges-out";
const IN: &str = "edges-in";

/// What each VPC has.
pub(super) fn begin(batch: &mut Batch<'_>, names: &Names) {
    let links = names.veth_prefix();
    for (chain, map, direction) in [
        (LEAVING, OUT, Direction::In),
        (ENTERING, IN, Direction::Out),
    ] {
        batch.verdict_map(map);
        batch.chain(chain);
        let verdict = match direction {
            Direction::In => Expression::source_verdict(map),
            Direction::Out => Expression::destination_verdict(map),
        };
        let wired = Expression::link_prefix(direction, Compare::Equal, &links);
        batch.rule(chain.name, [wired, verdict].concat());
    }
}

pub(super) fn write(batch: &mut Batch<'_>, step: &Step) {
    match step {
        Step::AddTable(subnet, edge) => {
            batch.inner_chain(&leaving(subnet));
            batch.inner_chain(&entering(subnet));
            write_edge(batch, subnet, edge);
        }
        Step::RewriteTable(subnet, edge) => {
            batch.flush_chain(&leaving(subnet));
            batch.flush_chain(&entering(subnet));
            write_edge(batch, subnet, edge);
        }
        Step::RemoveTable(subnet) => {
            batch.delete_chain(&leaving(subnet));
            batch.delete_chain(&entering(subnet));
        }
        Step::AddInterface(address, subnet) => {
            batch.add_verdict(OUT, *address, &leaving(subnet));
            batch.add_verdict(IN, *address, &entering(subnet));
        }
        Step::RemoveInterface(address) => {
            batch.remove_addresses(OUT, [*address]);
            batch.remove_addresses(IN, [*address]);
        }
    }
}

fn leaving(subnet: &str) -> String {
    format!("acl-out/{subnet}")
}

fn entering(subnet: &str) -> String {
    format!("acl-in/{subnet}")
}

fn write_edge(batch: &mut Batch<'_>, subnet: &str, edge: &Edge) {
    let (network, prefix) = (edge.range.network(), edge.range.prefix());
    let (out, inwards) = (leaving(subnet), entering(subnet));
    let within = [
        Expression::destination(network, prefix),
        Expression::accept(),
    ];
    batch.rule(&out, within.concat());
    let within = [Expression::source(network, prefix), Expression::accept()];
    batch.rule(&inwards, within.concat());
    for entry in &edge.acl.egress {
        let to = Expression::destination(entry.range.network(), entry.range.prefix());
        batch.rule(&out, rule(entry, to));
    }
    for entry in &edge.acl.ingress {
        let from = Expression::source(entry.range.network(), entry.range.prefix());
        batch.rule(&inwards, rule(entry, from));
    }
    batch.rule(&out, Expression::discard());
    batch.rule(&inwards, Expression::discard());
}

fn rule(entry: &Entry, peer: Vec<Expression>) -> Vec<Expression> {
    let traffic = entry.traffic.of_packets(ICMP);
    [traffic, peer, verdict(entry.allow)].concat()
}
