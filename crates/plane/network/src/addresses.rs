//! Addresses of one installation's private range. Pure.
//!
//! The first [`ZONE`] addresses are wharf's own: the network's name, the host as every task sees
//! it, and one for each scope's uplink. The rest go to bridge tasks.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use sha2::{Digest, Sha256};

use crate::model::Subnet;

/// Addresses kept for the host and the uplinks.
const ZONE: u32 = 64;
const ZONE_PREFIX: u8 = 26;
/// The host's offset in the range; the uplinks follow.
const HOST: u32 = 1;
/// How many scopes a host can take part in: what is left of the zone.
pub(crate) const MAX_SCOPES: usize = (ZONE - HOST - 1) as usize;
/// Ranges from which an installation's own is chosen, each a /22: a little used corner of 10/8,
/// and the range set apart for benchmarks where that is taken.
const CANDIDATES: [(Ipv4Addr, u8); 2] = [
    (Ipv4Addr::new(10, 213, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
];
const CHOSEN_PREFIX: u8 = 22;

/// The private range, divided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    range: Subnet,
}

impl Plan {
    /// `None` if the range is too small to be divided, or larger than makes sense.
    pub(crate) fn new(range: Subnet) -> Option<Self> {
        (16..ZONE_PREFIX)
            .contains(&range.prefix())
            .then_some(Self { range })
    }

    pub(crate) fn range(self) -> Subnet {
        self.range
    }

    /// The host, and the uplinks' ends in the scopes.
    pub(crate) fn zone(self) -> Subnet {
        Subnet::new(self.range.network(), ZONE_PREFIX).expect("a constant below 32")
    }

    /// The host as tasks see it; the gateway of bridge tasks.
    pub(crate) fn host(self) -> Ipv4Addr {
        self.range.nth(HOST)
    }

    /// The address of the scope with this number; numbers are below [`MAX_SCOPES`].
    pub(crate) fn uplink(self, number: u8) -> Ipv4Addr {
        self.range.nth(HOST + 1 + u32::from(number))
    }

    /// The first free address for a bridge task behind `last`, round and round, so that one that
    /// was given back rests as long as possible.
    pub(crate) fn next_task(
        self,
        used: impl Fn(Ipv4Addr) -> bool,
        last: Option<Ipv4Addr>,
    ) -> Option<Ipv4Addr> {
        let (first, end) = (self.range.nth(ZONE).to_bits(), self.range.last().to_bits());
        let start = last
            .map(|last| last.to_bits().wrapping_add(1))
            .filter(|next| (first..end).contains(next))
            .unwrap_or(first);
        (start..end)
            .chain(first..start)
            .map(Ipv4Addr::from_bits)
            .find(|a| !used(*a))
    }
}

/// A range that overlaps nothing of `occupied`. Different installations start looking at
/// different places, so that they seldom meet.
pub(crate) fn choose_range(installation: &str, occupied: &[Subnet]) -> Option<Subnet> {
    let hash = Sha256::digest(installation.as_bytes());
    let start = usize::from(hash[0]);
    let all: Vec<Subnet> = CANDIDATES
        .iter()
        .flat_map(|(base, prefix)| ranges(*base, *prefix, start))
        .collect();
    all.into_iter()
        .find(|range| !occupied.iter().any(|taken| taken.overlaps(*range)))
}

fn ranges(base: Ipv4Addr, prefix: u8, start: usize) -> impl Iterator<Item = Subnet> {
    let count = 1_usize << (CHOSEN_PREFIX - prefix);
    (0..count).map(move |i| {
        let number = u32::try_from((start + i) % count).expect("at most 128 ranges");
        let address = Ipv4Addr::from_bits(base.to_bits() + (number << (32 - CHOSEN_PREFIX)));
        Subnet::new(address, CHOSEN_PREFIX).expect("a constant below 32")
    })
}

/// The smallest number not in use.
pub(crate) fn free_number(used: &BTreeSet<u8>) -> Option<u8> {
    (0..u8::try_from(MAX_SCOPES).expect("62")).find(|number| !used.contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        Plan::new(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn the_range_is_divided() {
        let plan = plan("10.213.4.0/22");
        assert_eq!(plan.host(), Ipv4Addr::new(10, 213, 4, 1));
        assert_eq!(plan.uplink(0), Ipv4Addr::new(10, 213, 4, 2));
        let last = plan.uplink(u8::try_from(MAX_SCOPES).unwrap() - 1);
        assert!(plan.zone().contains(last));
        let first = plan.next_task(|_| false, None).unwrap();
        assert_eq!(first, Ipv4Addr::new(10, 213, 4, 64));
        assert!(!plan.zone().contains(first));
        for bad in ["10.0.0.0/26", "10.0.0.0/15", "10.0.0.0/32"] {
            assert!(Plan::new(bad.parse().unwrap()).is_none(), "{bad}");
        }
    }

    #[test]
    fn addresses_go_round_and_end() {
        let plan = plan("10.0.0.0/25");
        let mut used = BTreeSet::new();
        let mut last = None;
        while let Some(next) = plan.next_task(|a| used.contains(&a), last) {
            assert!(used.insert(next), "{next} twice");
            last = Some(next);
        }
        assert_eq!(used.len(), 63, ".64 to .126");
        used.remove(&Ipv4Addr::new(10, 0, 0, 70));
        let again = plan.next_task(|a| used.contains(&a), last);
        assert_eq!(again, Some(Ipv4Addr::new(10, 0, 0, 70)));
        let behind = plan.next_task(|_| false, Some(Ipv4Addr::new(10, 0, 0, 70)));
        assert_eq!(
            behind,
            Some(Ipv4Addr::new(10, 0, 0, 71)),
            "the newly freed one rests"
        );
    }

    #[test]
    fn ranges_avoid_what_is_there() {
        let free = choose_range("ab12", &[]).unwrap();
        assert_eq!(choose_range("ab12", &[]), Some(free), "stable");
        assert_ne!(choose_range("ab12", &[free]), Some(free));
        let ten: Subnet = "10.0.0.0/8".parse().unwrap();
        let other = choose_range("ab12", &[ten]).unwrap();
        assert!(!ten.overlaps(other));
        assert_eq!(
            choose_range("ab12", &[ten, "198.0.0.0/8".parse().unwrap()]),
            None
        );
    }

    #[test]
    fn numbers_are_reused_from_below() {
        assert_eq!(free_number(&BTreeSet::new()), Some(0));
        assert_eq!(free_number(&BTreeSet::from([0, 1, 3])), Some(2));
        let all = (0..u8::try_from(MAX_SCOPES).unwrap()).collect();
        assert_eq!(free_number(&all), None);
    }
}
