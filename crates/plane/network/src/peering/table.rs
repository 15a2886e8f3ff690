//! The nf_tables table that guards a VPC's links to its peers.
//!
//! ```text
//! own      from a peer's link to the namespace's own services: dropped
//! crossing on the forward hook, after the groups
//!   peer to peer, peer to uplink and back      dropped
//!   carried: link to tunnel, tunnel to link    accepted: both ends are judged in their own VPCs' namespaces
//!   from or to a peer                          goto judge
//! judge    ct original saddr <subnet> : to/<route table>;  ct reply saddr <subnet> : from/<route table>
//! to/…     ct reply saddr <destination>: accepted as far as the peer's ranges go, else dropped
//! from/…   the same of ct original saddr: answers need a route too, as in AWS
//! ```

use crate::error::NetworkError;
use crate::model::Subnet;
use crate::names::{Names, SCOPE_PEER, SCOPE_TUNNEL, SCOPE_UPLINK};
use crate::netlink::Socket;
use crate::netlink::nft::{BaseChain, Batch, Compare, Direction, Expression, Hook, Side};

use super::plan::Rules;

const OWN: BaseChain = BaseChain {
    name: "own",
    kind: "filter",
    hook: Hook::Prerouting,
    priority: -300,
};
/// After those of the groups, which have priorities up to 5, and what counts for flow logs.
const CROSSING: BaseChain = BaseChain {
    name: "crossing",
    kind: "filter",
    hook: Hook::Forward,
    priority: 10,
};
const JUDGE: &str = "judge";

fn table(names: &Names) -> String {
    format!("{}_peers", names.table())
}

pub(super) fn remove(socket: &mut Socket, names: &Names) -> Result<(), NetworkError> {
    let table = table(names);
    let mut batch = Batch::new(&table);
    batch.drop_table();
    batch.commit(socket, "remove the table of a VPC's peers")
}

pub(super) fn write(socket: &mut Socket, names: &Names, rules: &Rules) -> Result<(), NetworkError> {
    let table = table(names);
    let mut batch = Batch::new(&table);
    batch.fresh_table();
    batch.chain(OWN);
    batch.chain(CROSSING);
    batch.inner_chain(JUDGE);
    for id in rules.tables.keys() {
        batch.inner_chain(&to(id));
        batch.inner_chain(&from(id));
    }
    let own = [
        peer(Direction::In),
        Expression::for_this_host(),
        Expression::discard(),
    ];
    batch.rule(OWN.name, own.concat());
    write_crossing(&mut batch, rules);
    write_judge(&mut batch, rules);
    batch.commit(socket, "write the table of a VPC's peers")
}

fn write_crossing(batch: &mut Batch<'_>, rules: &Rules) {
    let named = |direction, name: &str| Expression::link(direction, Compare::Equal, name);
    let (into, out) = (Direction::In, Direction::Out);
    for shut in [
        [peer(into), peer(out)],
        [peer(into), named(out, SCOPE_UPLINK)],
        [named(into, SCOPE_UPLINK), peer(out)],
    ] {
        batch.rule(
            CROSSING.name,
            [shut.concat(), Expression::discard()].concat(),
        );
    }
    for carried in rules.peers.iter().filter(|peer| peer.is_carried) {
        if let Some(link) = &carried.link {
            for passing in [
                [named(into, link), named(out, SCOPE_TUNNEL)],
                [named(into, SCOPE_TUNNEL), named(out, link)],
            ] {
                let rule = [passing.concat(), Expression::accept()];
                batch.rule(CROSSING.name, rule.concat());
            }
        }
        for range in &carried.ranges {
            let (network, prefix) = (range.network(), range.prefix());
            for tunnelled in [
                [
                    named(into, SCOPE_TUNNEL),
                    Expression::source(network, prefix),
                ],
                [
                    named(out, SCOPE_TUNNEL),
                    Expression::destination(network, prefix),
                ],
            ] {
                let rule = [tunnelled.concat(), Expression::goto(JUDGE)];
                batch.rule(CROSSING.name, rule.concat());
            }
        }
    }
    for direction in [into, out] {
        let rule = [peer(direction), Expression::goto(JUDGE)];
        batch.rule(CROSSING.name, rule.concat());
    }
}

fn write_judge(batch: &mut Batch<'_>, rules: &Rules) {
    for (range, table) in &rules.subnets {
        for (side, chain) in [(Side::Source, to(table)), (Side::Destination, from(table))] {
            let rule = [within(side, *range), Expression::goto(&chain)];
            batch.rule(JUDGE, rule.concat());
        }
    }
    batch.rule(JUDGE, Expression::discard());
    for (id, crossings) in &rules.tables {
        for (chain, side) in [(to(id), Side::Destination), (from(id), Side::Source)] {
            for crossing in crossings {
                for part in &crossing.peer {
                    let rule = [within(side, *part), Expression::accept()];
                    batch.rule(&chain, rule.concat());
                }
                let rule = [within(side, crossing.destination), Expression::discard()];
                batch.rule(&chain, rule.concat());
            }
            batch.rule(&chain, Expression::discard());
        }
    }
}

fn peer(direction: Direction) -> Vec<Expression> {
    Expression::link_prefix(direction, Compare::Equal, SCOPE_PEER)
}

fn within(side: Side, range: Subnet) -> Vec<Expression> {
    Expression::connection_address(side, range.network(), range.prefix())
}

fn to(table: &str) -> String {
    format!("to/{table}")
}

fn from(table: &str) -> String {
    format!("from/{table}")
}
