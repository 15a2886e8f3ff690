//! What the counters of one flow come to. Pure.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::meter::Metering;
use crate::netlink::nft::Counted;

const SYN: u8 = 2;
const ACK: u8 = 16;
/// The flags that are told apart; the last one only with the second.
pub(super) const FLAGS: u8 = 1 | SYN | 4 | ACK;

/// The ends of a packet, as a set has them for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Packed", into = "Packed")]
pub(super) struct Ends {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: u8,
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    pub(super) flags: u8,
}

/// As it is kept: there are many.
type Packed = (Address, Address, u8, u16, u16, u8);

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(untagged)]
enum Address {
    V4(u32),
    V6(Ipv6Addr),
}

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(it) => Self::V4(it.into()),
            IpAddr::V6(it) => Self::V6(it),
        }
    }
}

impl From<Address> for IpAddr {
    fn from(address: Address) -> Self {
        match address {
            Address::V4(it) => Ipv4Addr::from(it).into(),
            Address::V6(it) => it.into(),
        }
    }
}

impl From<Packed> for Ends {
    fn from((source, destination, protocol, source_port, destination_port, flags): Packed) -> Self {
        Self {
            source: source.into(),
            destination: destination.into(),
            protocol,
            source_port,
            destination_port,
            flags,
        }
    }
}

impl From<Ends> for Packed {
    fn from(it: Ends) -> Self {
        let (ports, flags) = ((it.source_port, it.destination_port), it.flags);
        let (source, destination) = (it.source.into(), it.destination.into());
        (source, destination, it.protocol, ports.0, ports.1, flags)
    }
}

impl Ends {
    pub(super) fn is_ipv4(&self) -> bool {
        self.source.is_ipv4()
    }

    /// As a set has it.
    pub(super) fn key(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(44);
        for address in [self.source, self.destination] {
            match address {
                IpAddr::V4(it) => key.extend(it.octets()),
                IpAddr::V6(it) => key.extend(it.octets()),
            }
        }
        key.extend([self.protocol, 0, 0, 0]);
        key.extend(self.source_port.to_be_bytes());
        key.extend(self.destination_port.to_be_bytes());
        key.extend([self.flags, 0, 0, 0]);
        key
    }

    pub(super) fn read(key: &[u8]) -> Option<Self> {
        let (addresses, rest) = key.split_last_chunk::<12>()?;
        let [protocol, _, _, _, i, j, k, l, flags, ..] = *rest;
        let (source, destination) = addresses.split_at_checked(addresses.len() / 2)?;
        Some(Self {
            source: address(source)?,
            destination: address(destination)?,
            protocol,
            source_port: u16::from_be_bytes([i, j]),
            destination_port: u16::from_be_bytes([k, l]),
            flags,
        })
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let ipv4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    ipv4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}

/// Where packets are counted on their way, in the order in which these are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// In front of what judges them.
    Seen,
    /// The same of what begins a connection to an instance, where it comes in.
    Calls,
    /// Behind that.
    Allowed,
    /// … and behind what the instance lets in; counted for who calls.
    Answered,
    /// Behind what judges them.
    Passed,
}

impl Point {
    pub(super) const ALL: [Self; 5] = [
        Self::Seen,
        Self::Calls,
        Self::Allowed,
        Self::Answered,
        Self::Passed,
    ];
}

/// What sets say of one interface.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) points: [HashMap<Ends, Counted>; 5],
    /// Keys of which it is not known whether they are there: a set that is read in several pieces changes meanwhile, and there was no
    /// time to look these up.
    pub(super) unknown: [HashSet<Ends>; 5],
    /// Packets for which there was no room.
    pub(super) skipped: [u64; 5],
}

/// What is known of a key.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Tally {
    /// As it was read last; packets and bytes.
    last: [(u64, u64); 5],
    /// When it would have left the set, by the clock of readings.
    until_ms: [i64; 5],
    /// All there ever was.
    total: [(u64, u64); 5],
    /// As rejected, and as let through on the way to an instance that refused it.
    told: [(u64, u64); 2],
}

/// ACK says something only beside SYN.
pub(super) fn told_flags(flags: u8) -> u8 {
    match flags & SYN {
        0 => flags & FLAGS & !ACK,
        _ => flags & FLAGS,
    }
}

impl Tally {
    /// What was dropped and is not told of yet.
    pub(super) fn rest(&mut self) -> (u64, u64) {
        let dropped = self.dropped();
        let rest = less(dropped, self.told[0]);
        self.tell(dropped);
        rest
    }

    fn dropped(&self) -> (u64, u64) {
        let of = |point: Point| self.total[point as usize];
        let at_edge = less(of(Point::Seen), of(Point::Passed));
        let at_call = less(of(Point::Calls), of(Point::Allowed));
        add(at_edge, at_call)
    }

    fn tell(&mut self, dropped: (u64, u64)) {
        self.told[0] = (self.told[0].0.max(dropped.0), self.told[0].1.max(dropped.1));
    }

    /// Takes a reading in; packets and bytes that were let through since the last one, and that were dropped. `full`: of which sets there
    /// was no room since; `now_ms` is of the clock of readings.
    pub(super) fn fold(
        &mut self,
        ends: &Ends,
        reading: &Reading,
        (full, now_ms): ([bool; 5], i64),
        metering: &Metering,
    ) -> ((u64, u64), (u64, u64)) {
        let before = self.total;
        let dropped_before = self.dropped();
        for (point, found) in reading.points.iter().enumerate() {
            let (now, left_ms) = match found.get(ends) {
                Some(it) => ((it.packets, it.bytes), it.left_ms),
                None if reading.unknown[point].contains(ends) => continue,
                None => ((0, 0), 0),
            };
            let until_ms = now_ms.saturating_add_unsigned(left_ms);
            let more = match self.is_another(point, now, (now_ms, until_ms)) {
                true => now,
                false => less(now, self.last[point]),
            };
            self.last[point] = now;
            self.until_ms[point] = until_ms;
            self.total[point] = add(self.total[point], more);
        }
        let of = |all: &[(u64, u64); 5], point: Point| all[point as usize];
        let now = self.total;
        let passed = less(of(&now, Point::Passed), of(&before, Point::Passed));
        let is_unknown = |point: Point| reading.unknown[point as usize].contains(ends);
        // It may not have found room there.
        let is_crowded_out = |point: Point| {
            full[point as usize] && !reading.points[point as usize].contains_key(ends)
        };
        let is_call = of(&now, Point::Calls).0 > 0;
        if is_crowded_out(Point::Passed) || is_call && is_crowded_out(Point::Allowed) {
            let more = less(self.dropped(), dropped_before);
            self.told[0] = add(self.told[0], more);
        }
        let rejected = match is_unknown(Point::Passed) || is_call && is_unknown(Point::Allowed) {
            true => (0, 0),
            false => self.rest(),
        };
        // The instance dropped it, behind the end of who called.
        let is_caller = ends.source == IpAddr::V4(metering.address) && !is_unknown(Point::Answered);
        let refused = match is_caller {
            true => less(of(&now, Point::Allowed), of(&now, Point::Answered)),
            false => (0, 0),
        };
        let led = less(refused, self.told[1]);
        self.told[1] = (self.told[1].0.max(refused.0), self.told[1].1.max(refused.1));
        (add(passed, led), rejected)
    }

    /// Whether it left the set since the last reading and came back, to begin at nothing: then it is less, or is no more though its end is
    /// another. (A burst that is longer than all of its life before is not told apart.)
    fn is_another(&self, point: usize, now: (u64, u64), (now_ms, until_ms): (i64, i64)) -> bool {
        let last = self.last[point];
        let has_ended = self.until_ms[point] <= now_ms;
        now.0 < last.0 || now.0 == last.0 && has_ended && until_ms > now_ms
    }
}

fn add(one: (u64, u64), other: (u64, u64)) -> (u64, u64) {
    (one.0.saturating_add(other.0), one.1.saturating_add(other.1))
}

fn less(one: (u64, u64), other: (u64, u64)) -> (u64, u64) {
    (one.0.saturating_sub(other.0), one.1.saturating_sub(other.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_both_families_are_read_back_from_the_kernel_and_the_file() {
        for (source, destination, bytes) in
            [("10.0.0.5", "10.0.0.6", 20), ("fd00::5", "2001:db8::6", 44)]
        {
            let ends = Ends {
                source: source.parse().unwrap(),
                destination: destination.parse().unwrap(),
                protocol: 6,
                source_port: 40000,
                destination_port: 80,
                flags: 2,
            };
            assert_eq!(ends.key().len(), bytes);
            assert_eq!(Ends::read(&ends.key()), Some(ends));
            let kept = serde_json::to_string(&ends).unwrap();
            assert_eq!(serde_json::from_str::<Ends>(&kept).unwrap(), ends);
        }
        for length in [0, 11, 12, 19, 21, 43, 45, 64] {
            assert_eq!(Ends::read(&vec![0; length]), None, "{length}");
        }
        // As a former version kept it.
        let former: Ends = serde_json::from_str("[167772165,167772166,17,1,2,0]").unwrap();
        assert_eq!(former.source.to_string(), "10.0.0.5");
    }
}
