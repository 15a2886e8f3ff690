//! IPv4 ranges and the addresses in them that may be handed out.

use std::{
    collections::HashMap,
    fmt,
    net::Ipv4Addr,
    str::FromStr,
    sync::{Mutex, PoisonError},
};

use rand::Rng;
use serde::{Deserialize, Serialize};

/// A range of IPv4 addresses, `172.31.16.0/20`; bits beyond the prefix are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr {
    network: Ipv4Addr,
    prefix: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotACidr(pub String);

impl fmt::Display for NotACidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is not an IPv4 range", self.0)
    }
}

impl std::error::Error for NotACidr {}

impl Cidr {
    /// `0.0.0.0/0`
    pub const ALL: Self = Self {
        network: Ipv4Addr::UNSPECIFIED,
        prefix: 0,
    };

    /// Reads a range and clears the bits beyond its prefix, as EC2 does with ranges it is given.
    pub fn canonical(text: &str) -> Result<Self, NotACidr> {
        let bad = || NotACidr(text.to_owned());
        let (address, prefix) = text.split_once('/').ok_or_else(bad)?;
        let address: Ipv4Addr = address.parse().map_err(|_| bad())?;
        let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix: u8 = prefix
            .parse()
            .ok()
            .filter(|prefix| digits && *prefix <= 32)
            .ok_or_else(bad)?;
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        Ok(Self {
            network: Ipv4Addr::from(u32::from(address) & mask),
            prefix,
        })
    }

    pub fn prefix(self) -> u8 {
        self.prefix
    }

    fn size(self) -> u64 {
        1 << (32 - u32::from(self.prefix))
    }

    fn nth(self, offset: u64) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.network) + u32::try_from(offset).unwrap_or(u32::MAX))
    }

    /// The first address behind the network's own: the subnet's router.
    pub fn gateway(self) -> Ipv4Addr {
        self.nth(1)
    }

    pub fn contains(self, address: Ipv4Addr) -> bool {
        let offset = u64::from(u32::from(address)).wrapping_sub(u64::from(u32::from(self.network)));
        offset < self.size()
    }

    /// Whether every address of `other` is in it.
    pub fn covers(self, other: Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.network)
    }

    /// Whether they have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// Addresses that may be handed out: all but the first four and the last.
    pub fn usable(self) -> u64 {
        self.size().saturating_sub(5)
    }

    /// Whether an interface may have it.
    pub fn may_assign(self, address: Ipv4Addr) -> bool {
        self.contains(address) && {
            let offset = u64::from(u32::from(address)) - u64::from(u32::from(self.network));
            offset >= 4 && offset + 1 < self.size()
        }
    }

    /// Usable addresses, each once, beginning at the one of number `start`.
    pub fn candidates(self, start: u64) -> impl Iterator<Item = Ipv4Addr> {
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
    pub fn next(&self, subnet: &str, cidr: Cidr) -> u64 {
        let usable = cidr.usable().max(1);
        let mut cursors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cursor = cursors
            .entry(subnet.to_owned())
            .or_insert_with(|| rand::rng().random_range(0..usable));
        let number = *cursor;
        *cursor = (number + 1) % usable;
        number
    }

    pub fn forget(&self, subnet: &str) {
        let mut cursors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cursors.remove(subnet);
    }
}

impl FromStr for Cidr {
    type Err = NotACidr;

    fn from_str(text: &str) -> Result<Self, NotACidr> {
        let cidr = Self::canonical(text)?;
        match text.split_once('/') {
            Some((address, _)) if address.parse() == Ok(cidr.network) => Ok(cidr),
            _ => Err(NotACidr(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Cidr {
    type Error = NotACidr;
    fn try_from(text: String) -> Result<Self, NotACidr> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.network, self.prefix)
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
        let cidr: Cidr = "10.0.0.0/28".parse().unwrap();
        let all: BTreeSet<Ipv4Addr> = cidr.candidates(7).collect();
        assert_eq!(all.len(), 11);
        assert_eq!(all.first(), Some(&Ipv4Addr::new(10, 0, 0, 4)));
        assert_eq!(all.last(), Some(&Ipv4Addr::new(10, 0, 0, 14)));
        assert_eq!(cidr.gateway(), Ipv4Addr::new(10, 0, 0, 1));
        assert!(!cidr.may_assign(Ipv4Addr::new(10, 0, 0, 15)));
        assert!(!cidr.may_assign(Ipv4Addr::new(10, 0, 1, 4)));
    }

    #[test]
    fn refuses_what_is_no_range() {
        for bad in [
            "",
            "10.0.0.0",
            "10.0.0.1/24",
            "10.0.0.0/33",
            "10.0.0/8",
            "a/b",
        ] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
        assert_eq!(
            "0.0.0.0/0".parse::<Cidr>().unwrap().to_string(),
            "0.0.0.0/0"
        );
    }

    fn any_cidr() -> impl Strategy<Value = Cidr> {
        (0u8..=32, any::<u32>()).prop_map(|(prefix, address)| {
            Cidr::canonical(&format!("{}/{prefix}", Ipv4Addr::from(address))).unwrap()
        })
    }

    #[test]
    fn ranges_are_made_canonical() {
        for (given, canonical) in [
            ("100.68.0.18/18", "100.68.0.0/18"),
            ("10.0.0.1/32", "10.0.0.1/32"),
            ("255.1.2.3/0", "0.0.0.0/0"),
        ] {
            assert_eq!(Cidr::canonical(given).unwrap().to_string(), canonical);
        }
        for bad in [
            "10.0.0.0/+8",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "10.0.0.0/256",
            "::/0",
            "/8",
        ] {
            assert!(Cidr::canonical(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_freed_address_comes_back_last() {
        let cidr: Cidr = "10.0.0.0/28".parse().unwrap();
        let cursors = Cursors::default();
        let pick = || {
            cidr.candidates(cursors.next("subnet-1", cidr))
                .next()
                .unwrap()
        };
        let round: BTreeSet<Ipv4Addr> = (0..11).map(|_| pick()).collect();
        assert_eq!(round.len(), 11);
    }

    proptest! {
        #[test]
        fn candidates_are_assignable_and_distinct(prefix in 16u8..=32, address: u32, start: u64) {
            let cidr = Cidr::canonical(&format!("{}/{prefix}", Ipv4Addr::from(address))).unwrap();
            let some: Vec<Ipv4Addr> = cidr.candidates(start).take(100).collect();
            prop_assert_eq!(some.len() as u64, cidr.usable().min(100));
            prop_assert!(some.iter().all(|address| cidr.may_assign(*address)));
            prop_assert_eq!(some.iter().collect::<BTreeSet<_>>().len(), some.len());
        }

        #[test]
        fn text_round_trips(cidr in any_cidr()) {
            prop_assert_eq!(cidr.to_string().parse::<Cidr>(), Ok(cidr));
        }

        #[test]
        fn ranges_overlap_if_one_begins_in_the_other(a in any_cidr(), b in any_cidr()) {
            prop_assert_eq!(a.overlaps(b), a.contains(b.network) || b.contains(a.network));
            prop_assert_eq!(a.overlaps(b), b.overlaps(a));
            prop_assert!(Cidr::ALL.covers(a) && a.covers(a));
            if a.covers(b) && a != b {
                prop_assert!(!b.covers(a));
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,24}") { let _ = Cidr::canonical(&text); }
    }
}
