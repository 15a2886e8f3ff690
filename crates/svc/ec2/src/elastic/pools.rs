//! The ranges that public addresses are taken from. Pure.

use std::net::Ipv4Addr;

use wharf_base::Cidr4;

/// Half of the range that is set aside for measurements between networks (RFC 2544): nobody in the
/// internet has an address of it.
const UNROUTED: Cidr4 = Cidr4::new(Ipv4Addr::new(198, 19, 0, 0), 16);
/// As with AWS, until one asks for more.
const PER_ACCOUNT: usize = 5;

/// Where public addresses come from, and how many elastic ones an account may have in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicAddresses {
    ranges: Vec<Cidr4>,
    /// The network around the hosts leads them there.
    pub routed: bool,
    pub per_account: usize,
}

impl Default for PublicAddresses {
    /// Addresses that mean something on the host of an interface alone.
    fn default() -> Self {
        Self {
            ranges: vec![UNROUTED],
            routed: false,
            per_account: PER_ACCOUNT,
        }
    }
}

impl PublicAddresses {
    /// Those that the operator's network leads to the hosts; the default ones if there are none.
    pub fn of(ranges: Vec<Cidr4>, per_account: Option<usize>) -> Self {
        let per_account = per_account.unwrap_or(PER_ACCOUNT);
        match ranges.is_empty() {
            true => Self {
                per_account,
                ..Self::default()
            },
            false => Self {
                ranges,
                routed: true,
                per_account,
            },
        }
    }

    pub fn ranges(&self) -> &[Cidr4] {
        &self.ranges
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|range| usable(*range).1).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each once, beginning at the one of number `start`.
    pub fn candidates(&self, start: u64) -> impl Iterator<Item = Ipv4Addr> {
        let len = self.len();
        (0..len).filter_map(move |step| self.nth((start % len + step) % len))
    }

    fn nth(&self, mut number: u64) -> Option<Ipv4Addr> {
        for range in &self.ranges {
            let (first, count) = usable(*range);
            if number < count {
                return Some(range.nth(first + number));
            }
            number -= count;
        }
        None
    }
}

/// The first address that may be given away, and how many there are: not those that name a network and
/// all of it.
fn usable(range: Cidr4) -> (u64, u64) {
    match range.size() {
        size if size > 2 => (1, size - 2),
        size => (0, size),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_address_is_a_candidate_once() {
        let ranges = ["192.0.2.8/29", "198.51.100.7/32", "203.0.113.4/31"];
        let ranges = ranges.map(|it| it.parse().unwrap());
        let pools = PublicAddresses::of(ranges.to_vec(), None);
        assert_eq!(pools.len(), 6 + 1 + 2);
        for start in [0, 3, 8, 9, u64::MAX] {
            let all: Vec<Ipv4Addr> = pools.candidates(start).collect();
            assert_eq!(all.len(), 9);
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 9);
        }
    }

    #[test]
    fn without_an_operators_ranges_they_mean_something_here_alone() {
        let pools = PublicAddresses::of(Vec::new(), Some(7));
        assert_eq!((pools.routed, pools.per_account), (false, 7));
    }
}
