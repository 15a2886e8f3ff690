//! As whom interfaces speak outside of their VPC, and what leads to them from there: the part of a
//! VPC's nftables table that translates addresses.
//!
//! ```text
//! prerouting    by the uplink, for a public address: dnat to the interface that has it
//! postrouting   by the uplink: ip saddr vmap @translated
//! nat/<table>   one rule for each way of a route table that leads through a NAT gateway
//! world         with a public address as that one, else as the uplink: two networks may use the
//!               same addresses, so none of a VPC's own is known to the host
//! ```

use std::net::Ipv4Addr;

use super::exits::{Exit, Way};
use super::public::{Pair, Step};
use crate::names::SCOPE_UPLINK;
use crate::netlink::nft::{Batch, Compare, Direction, Expression};
use crate::ruleset::{POSTROUTING, PREROUTING};

/// The address in the VPC → the one outside, and the other way round.
const PUBLICS: &str = "publics";
const PRIVATES: &str = "privates";
/// The interfaces whose route table says as whom they leave.
const TRANSLATED: &str = "translated";
const WORLD: &str = "world";

/// What each VPC has.
pub(super) fn begin(batch: &mut Batch<'_>) {
    batch.address_map(PUBLICS);
    batch.address_map(PRIVATES);
    batch.verdict_map(TRANSLATED);
    batch.chain(PREROUTING);
    batch.chain(POSTROUTING);
    batch.inner_chain(WORLD);
    let uplink = |direction| Expression::link(direction, Compare::Equal, SCOPE_UPLINK);
    let inwards = [
        uplink(Direction::In),
        Expression::destination_from_map(PRIVATES),
    ];
    batch.rule(PREROUTING.name, inwards.concat());
    for last in [
        Expression::source_verdict(TRANSLATED),
        Expression::goto(WORLD),
    ] {
        batch.rule(POSTROUTING.name, [uplink(Direction::Out), last].concat());
    }
    batch.rule(WORLD, Expression::source_from_map(PUBLICS));
    batch.rule(WORLD, Expression::masquerade());
}

pub(super) fn write(batch: &mut Batch<'_>, step: &Step) {
    match step {
        Step::Add(Pair { private, public }) => {
            batch.add_pairs(PUBLICS, [(*private, *public)]);
            batch.add_pairs(PRIVATES, [(*public, *private)]);
        }
        Step::Remove(Pair { private, public }) => {
            batch.remove_addresses(PUBLICS, [*private]);
            batch.remove_addresses(PRIVATES, [*public]);
        }
    }
}

/// The chain of a route table.
pub(super) fn chain(table: &str) -> String {
    format!("nat/{table}")
}

/// The rules of a route table's chain.
pub(super) fn write_ways(batch: &mut Batch<'_>, table: &str, exit: &Exit) {
    let chain = chain(table);
    for (range, way) in exit.routes() {
        let to = Expression::destination(range.network(), range.prefix());
        let then = match way {
            Way::Nat(address) => Expression::source_becomes(*address),
            Way::Out | Way::Nowhere => Expression::goto(WORLD),
        };
        batch.rule(&chain, [to, then].concat());
    }
    batch.rule(&chain, Expression::goto(WORLD));
}

/// An interface leaves as a route table says.
pub(super) fn bind(batch: &mut Batch<'_>, address: Ipv4Addr, table: &str) {
    batch.add_verdict(TRANSLATED, address, &chain(table));
}

pub(super) fn unbind(batch: &mut Batch<'_>, address: Ipv4Addr) {
    batch.remove_addresses(TRANSLATED, [address]);
}
