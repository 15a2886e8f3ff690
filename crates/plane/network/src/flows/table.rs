//! The nf_tables table that counts for flow logs, in the namespace of a VPC.
//!
//! ```text
//! forward      -30 leaving     from an interface: ip saddr vmap @seen       before network ACLs and groups of its end
//!                1 left                           ip saddr vmap @passed     behind them
//!                2 coming      to an interface:   ip daddr vmap @seen       before those of its end
//!                7 come                           ip daddr vmap @passed     behind them
//! prerouting  -151 calling     new connections to @instances, before ports lead elsewhere: the same, by …
//!             -149 called-by   … @calls, @allowed (who calls)
//!             -148 reaching    … @calls
//!             -146 let-in      … @allowed (the instance)
//!             -145 answered    … @answered (who calls)
//! seen, …      maps: address of an interface that is recorded : goto <map>/<interface>
//! seen/eni-…   chain: counts the packet in the set of the same name, or where that is full in @full-seen; one that is cut off before
//!              its ports has none
//! ```
//!
//! In prerouting an address counts as a source only where answers to it would go.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::Ipv4Addr;

use super::Place;
use super::meter::Metering;
use super::tally::{Ends, FLAGS, Point, Reading};
use crate::error::NetworkError;
use crate::names::Names;
use crate::netlink::Socket;
use crate::netlink::nft::{self, BaseChain, Batch, Compare, Counted, Direction, Expression, Hook};

/// How long an idle flow stays in a set: many readings, so that a late one loses nothing.
pub(super) const IDLE_MS: u64 = 120_000;
/// Keys of each set of an interface: some 6 MB of the kernel's memory when it is full.
const MOST_KEYS: u32 = 32_768;
/// … of each set where there are more interfaces than have room for that; and the least that one has.
const MOST_OF_HOST: u32 = 131_072;
const LEAST_KEYS: u32 = 512;
/// Keys of an interface that are looked up in a reading, because a list may lack them.
const MOST_LOOKED_UP: usize = 16_384;
/// Interfaces whose sets are full.
const MOST_SKIPPED: u32 = 4096;
/// That packets were skipped is known for so long: readings may be late.
const SKIPPED_MS: u64 = 600_000;

const INSTANCES: &str = "instances";
const TCP: u8 = 6;
const UDP: u8 = 17;
const SCTP: u8 = 132;

/// Which end of a packet is looked up in the map of a point.
enum End {
    Source,
    Destination,
}

const fn forward(name: &'static str, priority: i32) -> BaseChain {
    BaseChain {
        name,
        kind: "filter",
        hook: Hook::Forward,
        priority,
    }
}

const fn prerouting(name: &'static str, priority: i32) -> BaseChain {
    BaseChain {
        name,
        kind: "filter",
        hook: Hook::Prerouting,
        priority,
    }
}

const CHAINS: [(BaseChain, Point, End); 9] = [
    (forward("leaving", -30), Point::Seen, End::Source),
    (forward("left", 1), Point::Passed, End::Source),
    (forward("coming", 2), Point::Seen, End::Destination),
    (forward("come", 7), Point::Passed, End::Destination),
    (prerouting("calling", -151), Point::Calls, End::Source),
    (prerouting("called-by", -149), Point::Allowed, End::Source),
    (prerouting("reaching", -148), Point::Calls, End::Destination),
    (prerouting("let-in", -146), Point::Allowed, End::Destination),
    (prerouting("answered", -145), Point::Answered, End::Source),
];

fn name(names: &Names) -> String {
    format!("{}_flows", names.table())
}

fn map(point: Point) -> &'static str {
    match point {
        Point::Seen => "seen",
        Point::Calls => "calls",
        Point::Allowed => "allowed",
        Point::Answered => "answered",
        Point::Passed => "passed",
    }
}

/// What was skipped at a point, by the address of the interface.
fn full(point: Point) -> String {
    format!("full-{}", map(point))
}

/// Keys of each set of an interface, of so many that are recorded on the host.
fn room(interfaces: usize) -> u32 {
    let interfaces = u32::try_from(interfaces).unwrap_or(u32::MAX).max(1);
    (MOST_OF_HOST / interfaces).clamp(LEAST_KEYS, MOST_KEYS)
}

/// Set and chain of an interface at a point.
fn of(point: Point, interface: &str) -> String {
    format!("{}/{interface}", map(point))
}

/// What is let through is counted once; the other points are for what is dropped.
fn points(metering: &Metering) -> impl Iterator<Item = Point> {
    let rejected = metering.rejected;
    let counts = move |point: &Point| {
        rejected || matches!(point, Point::Allowed | Point::Answered | Point::Passed)
    };
    Point::ALL.into_iter().filter(counts)
}

pub(super) fn exists(socket: &mut Socket, names: &Names) -> Result<bool, NetworkError> {
    nft::table_exists(socket, &name(names))
}

/// The table, which need not be there.
pub(super) fn remove(socket: &mut Socket, names: &Names) -> Result<(), NetworkError> {
    let table = name(names);
    let mut batch = Batch::new(&table);
    batch.drop_table();
    batch.commit(socket, "remove the table of flow logs")
}

/// All of it, counting from nothing.
pub(super) fn write(
    socket: &mut Socket,
    names: &Names,
    wanted: &BTreeMap<Place, Metering>,
    (instances, recorded): (&BTreeSet<Ipv4Addr>, usize),
) -> Result<(), NetworkError> {
    let table = name(names);
    let mut batch = Batch::new(&table);
    batch.fresh_table();
    for point in Point::ALL {
        batch.verdict_map(map(point));
        batch.tally_set(&full(point), MOST_SKIPPED, SKIPPED_MS);
    }
    batch.address_set(INSTANCES);
    batch.add_addresses(INSTANCES, instances.iter().copied());
    let links = names.veth_prefix();
    for (chain, point, end) in CHAINS {
        batch.chain(chain);
        let (direction, verdict) = match end {
            End::Source => (Direction::In, Expression::source_verdict(map(point))),
            End::Destination => (Direction::Out, Expression::destination_verdict(map(point))),
        };
        let concerned = match chain.hook {
            Hook::Forward => Expression::link_prefix(direction, Compare::Equal, &links),
            _ => [
                Expression::new_connection(),
                Expression::translated(false),
                Expression::destination_in(INSTANCES),
                match end {
                    End::Source => Expression::source_is_behind_link(),
                    End::Destination => Vec::new(),
                },
            ]
            .concat(),
        };
        batch.rule(chain.name, [concerned, verdict].concat());
    }
    for ((_, interface), metering) in wanted {
        add(&mut batch, interface, metering, room(recorded));
    }
    batch.commit(socket, "write the table of flow logs")
}

/// What differs; counters of others go on.
pub(super) fn change(
    socket: &mut Socket,
    names: &Names,
    (former, wanted): (&BTreeMap<Place, Metering>, &BTreeMap<Place, Metering>),
    (instances, gone): (&BTreeSet<Ipv4Addr>, &BTreeSet<Ipv4Addr>),
    recorded: usize,
) -> Result<(), NetworkError> {
    let table = name(names);
    let mut batch = Batch::new(&table);
    batch.add_addresses(INSTANCES, instances.iter().copied());
    batch.remove_addresses(INSTANCES, gone.iter().copied());
    for (place, metering) in former {
        if wanted.get(place).is_none_or(|it| !it.counts_as(metering)) {
            take_out(&mut batch, &place.1, metering);
        }
    }
    for (place, metering) in wanted {
        if former.get(place).is_none_or(|it| !it.counts_as(metering)) {
            add(&mut batch, &place.1, metering, room(recorded));
        }
    }
    batch.commit(socket, "change the table of flow logs")
}

fn add(batch: &mut Batch<'_>, interface: &str, metering: &Metering, room: u32) {
    const WITH_PORTS: [u8; 3] = [TCP, UDP, SCTP];
    let is_flagged = |protocol: u8| metering.tcp_flags && protocol == TCP;
    for point in points(metering) {
        let (name, full) = (of(point, interface), full(point));
        batch.flow_set(&name, room, IDLE_MS);
        batch.inner_chain(&name);
        let end = |expressions: Vec<Expression>| [expressions, Expression::accept()].concat();
        for protocol in WITH_PORTS {
            let flags = is_flagged(protocol).then_some(FLAGS);
            batch.rule(&name, end(Expression::count_flow(&name, protocol, flags)));
        }
        batch.rule(
            &name,
            end(Expression::count_flow_beside(&name, &WITH_PORTS)),
        );
        // What could be counted and was not found no room.
        let skip = || Expression::count_for(&full, metering.address);
        for protocol in WITH_PORTS {
            let has_ports = Expression::has_ports(protocol, is_flagged(protocol));
            batch.rule(&name, end([has_ports, skip()].concat()));
        }
        let beside = Expression::protocol_beside(&WITH_PORTS);
        batch.rule(&name, end([beside, skip()].concat()));
        // The others are cut off before their ports.
        batch.rule(&name, end(Expression::count_flow_beside(&name, &[])));
        batch.rule(&name, skip());
        batch.add_verdict(map(point), metering.address, &name);
    }
}

fn take_out(batch: &mut Batch<'_>, interface: &str, metering: &Metering) {
    for point in points(metering) {
        let name = of(point, interface);
        batch.remove_addresses(map(point), [metering.address]);
        batch.delete_chain(&name);
        batch.delete_set(&name);
    }
}

/// What was counted of an interface; what comes is read before what was let through. Keys that are `known`, or were found before, are in
/// it if they are there.
pub(super) fn read(
    socket: &mut Socket,
    names: &Names,
    interface: &str,
    metering: &Metering,
    known: impl Iterator<Item = Ends>,
) -> Result<Reading, NetworkError> {
    let table = name(names);
    let mut reading = Reading::default();
    let mut room = MOST_LOOKED_UP;
    // In no order, so that all have their turn where there are too many.
    let mut known: HashSet<Ends> = known.collect();
    for point in points(metering) {
        let set = of(point, interface);
        let (counted, is_whole) = nft::counted(socket, &table, &set)?;
        let ends = counted.into_iter();
        let ends = ends.filter_map(|(key, counted)| Some((Ends::read(&key)?, counted)));
        let mut found: HashMap<Ends, Counted> = ends.collect();
        if !is_whole {
            let missing = known.iter().filter(|it| !found.contains_key(it));
            let missing: Vec<Ends> = missing.copied().collect();
            let looked_up = missing.len().min(room);
            room -= looked_up;
            let keys: Vec<Vec<u8>> = missing[..looked_up].iter().map(Ends::key).collect();
            let there = nft::counted_of(socket, &table, &set, &keys)?;
            let there = there.into_iter();
            found.extend(there.filter_map(|(key, it)| Some((Ends::read(&key)?, it))));
            reading.unknown[point as usize] = missing[looked_up..].iter().copied().collect();
        }
        known.extend(found.keys().copied());
        reading.points[point as usize] = found;
        // The few that found no room.
        let own = nft::counted_of(
            socket,
            &table,
            &full(point),
            &[metering.address.octets().to_vec()],
        )?;
        reading.skipped[point as usize] = own.first().map_or(0, |(_, it)| it.packets);
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_of_a_host_share_the_room() {
        assert_eq!([0, 1, 4, 8].map(room), [32_768, 32_768, 32_768, 16_384]);
        assert_eq!(room(1_000_000), LEAST_KEYS);
    }
}
