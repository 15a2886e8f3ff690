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
//! seen/eni-…   chain: counts the packet in the set of the same name, or where that is full in @skipped
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::Place;
use super::meter::Metering;
use super::tally::{Ends, FLAGS, Point, Reading};
use crate::error::NetworkError;
use crate::names::Names;
use crate::netlink::Socket;
use crate::netlink::nft::{self, BaseChain, Batch, Compare, Direction, Expression, Hook};

/// How long an idle flow stays in a set: several readings. Longer would be more in the kernel's memory for nothing.
const IDLE_MS: u64 = 15_000;
/// Keys of each set of an interface: some 6 MB of the kernel's memory when it is full.
const MOST_KEYS: u32 = 32_768;
/// Interfaces whose sets are full.
const MOST_SKIPPED: u32 = 4096;
/// That packets were skipped is known for so long: readings may be late.
const SKIPPED_MS: u64 = 600_000;

const INSTANCES: &str = "instances";
const SKIPPED: &str = "skipped";
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
    instances: &BTreeSet<Ipv4Addr>,
) -> Result<(), NetworkError> {
    let table = name(names);
    let mut batch = Batch::new(&table);
    batch.fresh_table();
    for point in Point::ALL {
        batch.verdict_map(map(point));
    }
    batch.address_set(INSTANCES);
    batch.add_addresses(INSTANCES, instances.iter().copied());
    batch.tally_set(SKIPPED, MOST_SKIPPED, SKIPPED_MS);
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
            ]
            .concat(),
        };
        batch.rule(chain.name, [concerned, verdict].concat());
    }
    for ((_, interface), metering) in wanted {
        add(&mut batch, interface, metering);
    }
    batch.commit(socket, "write the table of flow logs")
}

/// What differs; counters of others go on.
pub(super) fn change(
    socket: &mut Socket,
    names: &Names,
    former: &BTreeMap<Place, Metering>,
    wanted: &BTreeMap<Place, Metering>,
    instances: &BTreeSet<Ipv4Addr>,
) -> Result<(), NetworkError> {
    let table = name(names);
    let mut batch = Batch::new(&table);
    batch.add_addresses(INSTANCES, instances.iter().copied());
    for (place, metering) in former {
        if wanted.get(place).is_none_or(|it| !it.counts_as(metering)) {
            take_out(&mut batch, &place.1, metering);
        }
    }
    for (place, metering) in wanted {
        if former.get(place).is_none_or(|it| !it.counts_as(metering)) {
            add(&mut batch, &place.1, metering);
        }
    }
    batch.commit(socket, "change the table of flow logs")
}

fn add(batch: &mut Batch<'_>, interface: &str, metering: &Metering) {
    for point in points(metering) {
        let name = of(point, interface);
        batch.flow_set(&name, MOST_KEYS, IDLE_MS);
        batch.inner_chain(&name);
        let flags = metering.tcp_flags.then_some(FLAGS);
        for (protocol, flags) in [(TCP, flags), (UDP, None), (SCTP, None)] {
            let counted = Expression::count_flow(&name, protocol, flags);
            batch.rule(&name, [counted, Expression::accept()].concat());
        }
        let counted = Expression::count_flow_beside(&name, &[TCP, UDP, SCTP]);
        batch.rule(&name, [counted, Expression::accept()].concat());
        batch.rule(&name, Expression::count_for(SKIPPED, metering.address));
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

/// What was counted of an interface; what comes is read before what was let through.
pub(super) fn read(
    socket: &mut Socket,
    names: &Names,
    interface: &str,
    metering: &Metering,
) -> Result<Reading, NetworkError> {
    let table = name(names);
    let mut reading = Reading::default();
    for point in points(metering) {
        let (counted, is_whole) = nft::counted(socket, &table, &of(point, interface))?;
        reading.partial[point as usize] = !is_whole;
        let ends = counted.into_iter();
        let ends = ends.filter_map(|(key, counted)| Some((Ends::read(&key)?, counted)));
        reading.points[point as usize] = ends.collect();
    }
    let (skipped, _) = nft::counted(socket, &table, SKIPPED)?;
    let own = metering.address.octets();
    let own = skipped.into_iter().find(|(key, _)| *key == own);
    reading.skipped = own.map_or(0, |(_, it)| it.packets);
    Ok(reading)
}
