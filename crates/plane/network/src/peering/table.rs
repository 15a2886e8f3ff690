//! The nf_tables table that guards a VPC's links to its peers, one for each family.
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
use crate::names::{Names, SCOPE_PEER, SCOPE_TUNNEL, SCOPE_UPLINK};
use crate::netlink::Socket;
use crate::netlink::nft::{
    BaseChain, Batch, Compare, Direction, Expression, Hook, Side, table_exists_ipv6,
};

use super::family::Range;
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
    batch.commit(socket, "remove the table of a VPC's peers")?;
    // A kernel without IPv6 has none, and says so in its own way.
    if !table_exists_ipv6(socket, &table).unwrap_or(false) {
        return Ok(());
    }
    let mut batch = Batch::ipv6(&table);
    batch.drop_table();
    batch.commit(socket, "remove the table of a VPC's peers for IPv6")
}

pub(super) fn write<R: Range>(
    socket: &mut Socket,
    names: &Names,
    rules: &Rules<R>,
) -> Result<(), NetworkError> {
    let table = table(names);
    let mut batch = R::batch(&table);
    batch.fresh_table();
    batch.chain(CROSSING);
    batch.inner_chain(JUDGE);
    for id in rules.tables.keys() {
        batch.inner_chain(&to(id));
        batch.inner_chain(&from(id));
    }
    if R::HAS_OWN {
        batch.chain(OWN);
        let own = [
            peer(Direction::In),
            Expression::for_this_host(),
            Expression::discard(),
        ];
        batch.rule(OWN.name, own.concat());
    }
    write_crossing(&mut batch, rules);
    write_judge(&mut batch, rules);
    batch.commit(socket, "write the table of a VPC's peers")
}

fn write_crossing<R: Range>(batch: &mut Batch<'_>, rules: &Rules<R>) {
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
            for tunnelled in [
                [named(into, SCOPE_TUNNEL), range.source()],
                [named(out, SCOPE_TUNNEL), range.destination()],
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

fn write_judge<R: Range>(batch: &mut Batch<'_>, rules: &Rules<R>) {
    for (range, table) in &rules.subnets {
        for (side, chain) in [(Side::Source, to(table)), (Side::Destination, from(table))] {
            let rule = [range.connection(side), Expression::goto(&chain)];
            batch.rule(JUDGE, rule.concat());
        }
    }
    batch.rule(JUDGE, Expression::discard());
    for (id, crossings) in &rules.tables {
        for (chain, side) in [(to(id), Side::Destination), (from(id), Side::Source)] {
            for crossing in crossings {
                for part in &crossing.peer {
                    let rule = [part.connection(side), Expression::accept()];
                    batch.rule(&chain, rule.concat());
                }
                let rule = [crossing.destination.connection(side), Expression::discard()];
                batch.rule(&chain, rule.concat());
            }
            batch.rule(&chain, Expression::discard());
        }
    }
}

fn peer(direction: Direction) -> Vec<Expression> {
    Expression::link_prefix(direction, Compare::Equal, SCOPE_PEER)
}

fn to(table: &str) -> String {
    format!("to/{table}")
}

fn from(table: &str) -> String {
    format!("from/{table}")
}
