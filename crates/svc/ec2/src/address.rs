//! IPv4 ranges and the addresses in them that may be handed out.

use std::{fmt, net::Ipv4Addr, str::FromStr};

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

    /// Usable addresses, each once, beginning at a random one.
    pub fn candidates(self) -> impl Iterator<Item = Ipv4Addr> {
        let usable = self.usable();
        let start = if usable == 0 {
            0
        } else {
            rand::rng().random_range(0..usable)
        };
        (0..usable).map(move |step| self.nth(4 + (start + step) % usable))
    }
}

impl FromStr for Cidr {
    type Err = NotACidr;

    fn from_str(text: &str) -> Result<Self, NotACidr> {
        let bad = || NotACidr(text.to_owned());
        let (address, prefix) = text.split_once('/').ok_or_else(bad)?;
        let network: Ipv4Addr = address.parse().map_err(|_| bad())?;
        let prefix: u8 = prefix
            .parse()
            .ok()
            .filter(|prefix| *prefix <= 32)
            .ok_or_else(bad)?;
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        if u32::from(network) & !mask != 0 {
            return Err(bad());
        }
        Ok(Self { network, prefix })
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
        let all: BTreeSet<Ipv4Addr> = cidr.candidates().collect();
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

    proptest! {
        #[test]
        fn candidates_are_assignable(prefix in 16u8..=32, network: u32) {
            let mask = u32::MAX << (32 - u32::from(prefix));
            let cidr: Cidr = format!("{}/{prefix}", Ipv4Addr::from(network & mask)).parse().unwrap();
            for address in cidr.candidates().take(100) {
                prop_assert!(cidr.may_assign(address));
            }
        }
    }
}
