//! The addresses of a subnet that may be handed out.

use std::{collections::HashMap, net::Ipv4Addr};

use parking_lot::Mutex;
use rand::Rng;
use wharf_base::Cidr4;

/// The addresses of a subnet, of which AWS keeps the first four and the last.
pub trait Addresses: Sized {
    /// How many may be handed out.
    fn usable(self) -> u64;

    /// Whether an interface may have it.
    fn may_assign(self, address: Ipv4Addr) -> bool;

    /// Usable addresses, each once, beginning at the one of number `start`.
    fn candidates(self, start: u64) -> impl Iterator<Item = Ipv4Addr>;
}

impl Addresses for Cidr4 {
    fn usable(self) -> u64 {
        self.size().saturating_sub(5)
    }

    fn may_assign(self, address: Ipv4Addr) -> bool {
        self.contains(address) && {
            let offset = u64::from(address.to_bits() - self.network().to_bits());
            offset >= 4 && offset + 1 < self.size()
        }
    }

    fn candidates(self, start: u64) -> impl Iterator<Item = Ipv4Addr> {
        let usable = self.usable();
        (0..usable).map(move |step| self.nth(4 + (start % usable + step) % usable))
    }
}

/// Where the search for an address goes on in each subnet. Addresses are handed out in a circle, so
/// that one that was freed comes back as late as possible; the circle begins somewhere at random,
/// so that it does after a restart, too, most of the time.
#[derive(Default)]
pub struct Cursors(Mutex<HashMap<String, u64>>);

impl Cursors {
    /// The number of the address to try first; the next call gets the one behind it.
    pub fn next(&self, subnet: &str, cidr: Cidr4) -> u64 {
        let usable = cidr.usable().max(1);
        let mut cursors = self.0.lock();
        let cursor = cursors
            .entry(subnet.to_owned())
            .or_insert_with(|| rand::rng().random_range(0..usable));
        let number = *cursor;
        *cursor = (number + 1) % usable;
        number
    }

    pub fn forget(&self, subnet: &str) {
        let mut cursors = self.0.lock();
        cursors.remove(subnet);
    }
}

/// A locally administered unicast MAC, as interfaces of a VPC carry.
pub fn random_mac() -> String {
    let bytes: [u8; 5] = rand::rng().random();
    let rest: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0a:{}", rest.join(":"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reserves_the_first_four_and_the_last() {
        let cidr: Cidr4 = "10.0.0.0/28".parse().unwrap();
        let all: BTreeSet<Ipv4Addr> = cidr.candidates(7).collect();
        assert_eq!(all.len(), 11);
        assert_eq!(all.first(), Some(&Ipv4Addr::new(10, 0, 0, 4)));
        assert_eq!(all.last(), Some(&Ipv4Addr::new(10, 0, 0, 14)));
        assert!(!cidr.may_assign(Ipv4Addr::new(10, 0, 0, 15)));
        assert!(!cidr.may_assign(Ipv4Addr::new(10, 0, 1, 4)));
    }

    proptest! {
        #[test]
        fn candidates_are_assignable_and_distinct(prefix in 16u8..=32, address: u32, start: u64) {
            let cidr = Cidr4::around(Ipv4Addr::from(address), prefix).unwrap();
            let some: Vec<Ipv4Addr> = cidr.candidates(start).take(100).collect();
            prop_assert_eq!(some.len() as u64, cidr.usable().min(100));
            prop_assert!(some.iter().all(|address| cidr.may_assign(*address)));
            prop_assert_eq!(some.iter().collect::<BTreeSet<_>>().len(), some.len());
        }
    }
}
