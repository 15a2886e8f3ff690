//! What the counters of one flow come to. Pure.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::meter::Metering;
use crate::netlink::nft::{Counted, FLOW_KEY};

const SYN: u8 = 2;
const ACK: u8 = 16;
/// The flags that are told apart; the last one only with the second.
pub(super) const FLAGS: u8 = 1 | SYN | 4 | ACK;

/// The ends of a packet, as a set has them for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Ends {
    pub(super) source: Ipv4Addr,
    pub(super) destination: Ipv4Addr,
    pub(super) protocol: u8,
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    pub(super) flags: u8,
}

impl Ends {
    pub(super) fn read(key: &[u8]) -> Option<Self> {
        let key: &[u8; FLOW_KEY as usize] = key.try_into().ok()?;
        let [
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
            protocol,
            _,
            _,
            _,
            i,
            j,
            k,
            l,
            flags,
            ..,
        ] = *key;
        Some(Self {
            source: [a, b, c, d].into(),
            destination: [e, f, g, h].into(),
            protocol,
            source_port: u16::from_be_bytes([i, j]),
            destination_port: u16::from_be_bytes([k, l]),
            flags,
        })
    }
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
    /// Of which of them something may be missing that is there: sets that are read in several pieces change meanwhile.
    pub(super) partial: [bool; 5],
    /// Packets for which there was no room.
    pub(super) skipped: u64,
}

/// What is known of a key.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Tally {
    /// As it was read last; packets and bytes.
    last: [(u64, u64); 5],
    /// All there ever was.
    total: [(u64, u64); 5],
    /// As rejected, and as let through on the way to an instance that refused it.
    told: [(u64, u64); 2],
    /// Readings in a row in which it was in no set, though sets were read in part.
    #[serde(default)]
    absent: u8,
    /// Readings in a row in which nobody could say whether it was let through.
    #[serde(default)]
    unsure: u8,
}

/// A flow that is missing in so many readings in a row is gone: what is there is found in most of them.
const GONE_AFTER: u8 = 8;
/// One that is missing so often among what was let through was not.
const SURE_AFTER: u8 = 3;

/// ACK says something only beside SYN.
pub(super) fn told_flags(flags: u8) -> u8 {
    match flags & SYN {
        0 => flags & FLAGS & !ACK,
        _ => flags & FLAGS,
    }
}

impl Tally {
    /// It was missing once more.
    pub(super) fn may_be_there(&mut self) -> bool {
        self.absent = self.absent.saturating_add(1);
        self.absent < GONE_AFTER
    }

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

    /// Takes a reading in; packets and bytes that were let through since the last one, and that were dropped.
    pub(super) fn fold(
        &mut self,
        ends: &Ends,
        reading: &Reading,
        overflowed: bool,
        metering: &Metering,
    ) -> ((u64, u64), (u64, u64)) {
        let before = self.total;
        for (point, found) in reading.points.iter().enumerate() {
            let now = match found.get(ends) {
                Some(it) => (it.packets, it.bytes),
                None if reading.partial[point] => continue,
                None => (0, 0),
            };
            let last = self.last[point];
            // One that left the set and came back begins at nothing.
            let more = match now.0 >= last.0 {
                true => (now.0 - last.0, now.1.saturating_sub(last.1)),
                false => now,
            };
            self.last[point] = now;
            self.total[point] = add(self.total[point], more);
        }
        let of = |all: &[(u64, u64); 5], point: Point| all[point as usize];
        let now = self.total;
        let passed = less(of(&now, Point::Passed), of(&before, Point::Passed));
        self.absent = 0;
        let is_missing = |point: Point| {
            reading.partial[point as usize] && !reading.points[point as usize].contains_key(ends)
        };
        let is_call = of(&now, Point::Calls).0 > 0;
        self.unsure = match is_missing(Point::Passed) || is_call && is_missing(Point::Allowed) {
            true => self.unsure.saturating_add(1),
            false => 0,
        };
        let mut rejected = (0, 0);
        if self.unsure == 0 || self.unsure >= SURE_AFTER {
            rejected = self.rest();
        }
        // A key that found room at the first point and none at the last was not dropped for that.
        if overflowed && of(&now, Point::Passed).0 == 0 {
            self.tell(self.dropped());
            rejected = (0, 0);
        }
        // The instance dropped it, behind the end of who called.
        let is_caller = ends.source == metering.address && !is_missing(Point::Answered);
        let refused = match is_caller {
            true => less(of(&now, Point::Allowed), of(&now, Point::Answered)),
            false => (0, 0),
        };
        let led = less(refused, self.told[1]);
        self.told[1] = (self.told[1].0.max(refused.0), self.told[1].1.max(refused.1));
        (add(passed, led), rejected)
    }
}

fn add(one: (u64, u64), other: (u64, u64)) -> (u64, u64) {
    (one.0.saturating_add(other.0), one.1.saturating_add(other.1))
}

fn less(one: (u64, u64), other: (u64, u64)) -> (u64, u64) {
    (one.0.saturating_sub(other.0), one.1.saturating_sub(other.1))
}
