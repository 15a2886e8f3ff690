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
//! IPv6 has a table of its own, without what is in prerouting: no port leads elsewhere there.
//!
//! In prerouting an address counts as a source only where answers to it would go.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};

use super::Place;
use super::meter::Metering;
use super::tally::{Ends, FLAGS, Point, Reading};
use crate::error::NetworkError;
use crate::names::Names;
use crate::netlink::Socket;
use crate::netlink::nft::{
    self, BaseChain, Batch, Compare, Counted, Direction, Expression, Hook, IpVersion,
};

/// How long an idle flow stays in a set: many readings, so that a late one loses nothing.
pub(super) const IDLE_MS: u64 = 120_000;
/// Keys of each set of an interface and family: some 6 MB of the kernel's memory when it is full, of IPv6 some 7.
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
fn points(version: IpVersion, metering: &Metering) -> impl Iterator<Item = Point> {
    let rejected = metering.rejected;
    let counts = move |point: &Point| {
        rejected || matches!(point, Point::Allowed | Point::Answered | Point::Passed)
    };
    Point::ALL
        .into_iter()
        .filter(counts)
        .filter(move |it| is_of(version, *it))
}

fn is_of(version: IpVersion, point: Point) -> bool {
    version == IpVersion::V4 || matches!(point, Point::Seen | Point::Passed)
}

pub(super) fn exists(
    socket: &mut Socket,
    names: &Names,
    version: IpVersion,
) -> Result<bool, NetworkError> {
    nft::table_exists_of(version, socket, &name(names))
}

/// The table, which need not be there.
pub(super) fn remove(
    socket: &mut Socket,
    names: &Names,
    version: IpVersion,
) -> Result<(), NetworkError> {
    let table = name(names);
    // A kernel without IPv6 has none, and says so in its own way.
    if version == IpVersion::V6 && !exists(socket, names, version).unwrap_or(false) {
        return Ok(());
    }
    let mut batch = Batch::of_version(version, &table);
    batch.drop_table();
    batch.commit(socket, "remove the table of flow logs")
}

/// All of it, counting from nothing.
pub(super) fn write(
    socket: &mut Socket,
    names: &Names,
    version: IpVersion,
    wanted: &BTreeMap<Place, Metering>,
    (instances, recorded): (&BTreeSet<Ipv4Addr>, usize),
) -> Result<(), NetworkError> {
    let table = name(names);
    let mut batch = Batch::of_version(version, &table);
    batch.fresh_table();
    for point in Point::ALL.into_iter().filter(|it| is_of(version, *it)) {
        match version {
            IpVersion::V4 => batch.verdict_map(map(point)),
            IpVersion::V6 => batch.verdict_map_ipv6(map(point)),
        }
        batch.tally_set(&full(point), MOST_SKIPPED, SKIPPED_MS);
    }
    if version == IpVersion::V4 {
        batch.address_set(INSTANCES);
        batch.add_addresses(INSTANCES, instances.iter().copied());
    }
    let links = names.veth_prefix();
    for (chain, point, end) in CHAINS.into_iter().filter(|it| is_of(version, it.1)) {
        batch.chain(chain);
        let direction = match end {
            End::Source => Direction::In,
            End::Destination => Direction::Out,
        };
        let verdict = match (&end, version) {
            (End::Source, IpVersion::V4) => Expression::source_verdict(map(point)),
            (End::Source, IpVersion::V6) => Expression::source_verdict_ipv6(map(point)),
            (End::Destination, IpVersion::V4) => Expression::destination_verdict(map(point)),
            (End::Destination, IpVersion::V6) => Expression::destination_verdict_ipv6(map(point)),
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
    for ((_, interface), metering) in wanted.iter().filter(|(_, it)| it.has(version)) {
        add(&mut batch, version, interface, metering, room(recorded));
    }
    batch.commit(socket, "write the table of flow logs")
}

/// What differs; counters of others go on.
pub(super) fn change(
    socket: &mut Socket,
    names: &Names,
    version: IpVersion,
    (former, wanted): (&BTreeMap<Place, Metering>, &BTreeMap<Place, Metering>),
    (instances, gone): (&BTreeSet<Ipv4Addr>, &BTreeSet<Ipv4Addr>),
    recorded: usize,
) -> Result<(), NetworkError> {
    let table = name(names);
    let mut batch = Batch::of_version(version, &table);
    if version == IpVersion::V4 {
        batch.add_addresses(INSTANCES, instances.iter().copied());
        batch.remove_addresses(INSTANCES, gone.iter().copied());
    }
    let counts = |all: &BTreeMap<Place, Metering>, place: &Place, as_this: &Metering| {
        let same = |it: &&Metering| it.has(version) && it.counts_as(as_this);
        all.get(place).filter(same).cloned()
    };
    // Addresses pass from one interface to the next.
    for (place, metering) in former.iter().filter(|(_, it)| it.has(version)) {
        match counts(wanted, place, metering) {
            None => take_out(&mut batch, version, &place.1, metering),
            Some(now) => {
                let gone = metering.addresses(version);
                let gone = gone.difference(&now.addresses(version)).copied().collect();
                unbind(&mut batch, version, metering, &gone);
            }
        }
    }
    for (place, metering) in wanted.iter().filter(|(_, it)| it.has(version)) {
        match counts(former, place, metering) {
            None => add(&mut batch, version, &place.1, metering, room(recorded)),
            Some(before) => {
                let new = metering.addresses(version);
                let new = new
                    .difference(&before.addresses(version))
                    .copied()
                    .collect();
                bind(&mut batch, version, &place.1, metering, &new);
            }
        }
    }
    batch.commit(socket, "change the table of flow logs")
}

/// Leads packets of these addresses to what counts them.
fn bind(
    batch: &mut Batch<'_>,
    version: IpVersion,
    interface: &str,
    metering: &Metering,
    addresses: &BTreeSet<IpAddr>,
) {
    for point in points(version, metering) {
        for address in addresses {
            match address {
                IpAddr::V4(it) => batch.add_verdict(map(point), *it, &of(point, interface)),
                IpAddr::V6(it) => {
                    batch.add_verdicts_ipv6(map(point), [(*it, of(point, interface))]);
                }
            }
        }
    }
}

fn unbind(
    batch: &mut Batch<'_>,
    version: IpVersion,
    metering: &Metering,
    addresses: &BTreeSet<IpAddr>,
) {
    for point in points(version, metering) {
        for address in addresses {
            match address {
                IpAddr::V4(it) => batch.remove_addresses(map(point), [*it]),
                IpAddr::V6(it) => batch.remove_addresses_ipv6(map(point), [*it]),
            }
        }
    }
}

fn add(batch: &mut Batch<'_>, version: IpVersion, interface: &str, metering: &Metering, room: u32) {
    const WITH_PORTS: [u8; 3] = [TCP, UDP, SCTP];
    let is_flagged = |protocol: u8| metering.tcp_flags && protocol == TCP;
    for point in points(version, metering) {
        let (name, full) = (of(point, interface), full(point));
        batch.flow_set(version, &name, room, IDLE_MS);
        batch.inner_chain(&name);
        let end = |expressions: Vec<Expression>| [expressions, Expression::accept()].concat();
        for protocol in WITH_PORTS {
            let flags = is_flagged(protocol).then_some(FLAGS);
            let count = Expression::count_flow(&name, version, protocol, flags);
            batch.rule(&name, end(count));
        }
        batch.rule(
            &name,
            end(Expression::count_flow_beside(&name, version, &WITH_PORTS)),
        );
        // What could be counted and was not found no room.
        let skip = || Expression::count_for(&full, metering.address);
        for protocol in WITH_PORTS {
            let has_ports = Expression::has_ports(protocol, is_flagged(protocol));
            batch.rule(&name, end([has_ports, skip()].concat()));
        }
        let beside = Expression::protocol_beside(version, &WITH_PORTS);
        batch.rule(&name, end([beside, skip()].concat()));
        // The others are cut off before their ports.
        let cut_off = Expression::count_flow_beside(&name, version, &[]);
        batch.rule(&name, end(cut_off));
        batch.rule(&name, skip());
    }
    let all = metering.addresses(version);
    bind(batch, version, interface, metering, &all);
}

fn take_out(batch: &mut Batch<'_>, version: IpVersion, interface: &str, metering: &Metering) {
    unbind(batch, version, metering, &metering.addresses(version));
    for point in points(version, metering) {
        let name = of(point, interface);
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
    let mut reading = Reading::default();
    let mut room = MOST_LOOKED_UP;
    // In no order, so that all have their turn where there are too many.
    let (ipv4, ipv6) = known.partition(Ends::is_ipv4);
    for (version, mut known) in [(IpVersion::V4, ipv4), (IpVersion::V6, ipv6)] {
        if metering.has(version) {
            let of = (names, version, interface);
            read_version(socket, of, metering, (&mut known, &mut room), &mut reading)?;
        }
    }
    Ok(reading)
}

fn read_version(
    socket: &mut Socket,
    (names, version, interface): (&Names, IpVersion, &str),
    metering: &Metering,
    (known, room): (&mut HashSet<Ends>, &mut usize),
    reading: &mut Reading,
) -> Result<(), NetworkError> {
    let table = name(names);
    for point in points(version, metering) {
        let set = of(point, interface);
        let (counted, is_whole) = nft::counted(socket, version, &table, &set)?;
        let ends = counted.into_iter();
        let ends = ends.filter_map(|(key, counted)| Some((Ends::read(&key)?, counted)));
        let mut found: HashMap<Ends, Counted> = ends.collect();
        if !is_whole {
            let missing = known.iter().filter(|it| !found.contains_key(it));
            let missing: Vec<Ends> = missing.copied().collect();
            let looked_up = missing.len().min(*room);
            *room -= looked_up;
            let keys: Vec<Vec<u8>> = missing[..looked_up].iter().map(Ends::key).collect();
            let there = nft::counted_of(socket, version, &table, &set, &keys)?;
            let there = there.into_iter();
            found.extend(there.filter_map(|(key, it)| Some((Ends::read(&key)?, it))));
            reading.unknown[point as usize].extend(&missing[looked_up..]);
        }
        known.extend(found.keys().copied());
        reading.points[point as usize].extend(found);
        // The few that found no room.
        let own = nft::counted_of(
            socket,
            version,
            &table,
            &full(point),
            &[metering.address.octets().to_vec()],
        )?;
        reading.skipped[point as usize] += own.first().map_or(0, |(_, it)| it.packets);
    }
    Ok(())
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
