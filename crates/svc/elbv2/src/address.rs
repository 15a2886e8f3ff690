//! IPv4 ranges: the public one that load balancers get addresses of, and those of subnets.

use std::{fmt, net::Ipv4Addr, str::FromStr};

use rand::Rng;

/// `127.64.0.0/16`; bits beyond the prefix are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    network: u32,
    prefix: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an IPv4 range")]
pub struct NotACidr(pub String);

impl Cidr {
    /// # Panics
    /// If `prefix` is above 32.
    pub const fn new(address: Ipv4Addr, prefix: u8) -> Self {
        assert!(prefix <= 32, "a prefix has at most 32 bits");
        Self {
            network: address.to_bits() & mask(prefix),
            prefix,
        }
    }

    pub fn contains(self, address: Ipv4Addr) -> bool {
        address.to_bits() & mask(self.prefix) == self.network
    }

    /// All but the first and the last, each once, beginning at a random one: an address that was
    /// given back is not soon given to another.
    pub fn candidates(self) -> impl Iterator<Item = Ipv4Addr> {
        let size = 1_u64 << (32 - self.prefix);
        let usable = size.saturating_sub(2);
        let start = match usable {
            0 => 0,
            usable => rand::rng().random_range(0..usable),
        };
        let nth = move |step| {
            let offset = 1 + (start + step) % usable;
            Ipv4Addr::from_bits(self.network.wrapping_add(offset as u32))
        };
        (0..usable).map(nth)
    }
}

const fn mask(prefix: u8) -> u32 {
    match prefix {
        0 => 0,
        prefix => u32::MAX << (32 - prefix),
    }
}

impl FromStr for Cidr {
    type Err = NotACidr;

    fn from_str(text: &str) -> Result<Self, NotACidr> {
        let bad = || NotACidr(text.to_owned());
        let (address, prefix) = text.split_once('/').ok_or_else(bad)?;
        let address: Ipv4Addr = address.parse().map_err(|_| bad())?;
        let prefix = prefix.parse().ok().filter(|it| *it <= 32).ok_or_else(bad)?;
        let cidr = Self::new(address, prefix);
        (cidr.network == address.to_bits())
            .then_some(cidr)
            .ok_or_else(bad)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", Ipv4Addr::from_bits(self.network), self.prefix)
    }
}

/// Whether an address outside the VPC may be a target: private, or shared by carriers (RFC 1918,
/// RFC 6598), as in AWS; never loopback, link-local or public ones.
pub fn may_be_outside_target(address: Ipv4Addr) -> bool {
    const SHARED: Cidr = Cidr::new(Ipv4Addr::new(100, 64, 0, 0), 10);
    address.is_private() || SHARED.contains(address)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn candidates_are_all_but_the_ends() {
        let cidr: Cidr = "127.64.0.0/29".parse().unwrap();
        let found: BTreeSet<Ipv4Addr> = cidr.candidates().collect();
        let expected = (1..7).map(|n| Ipv4Addr::new(127, 64, 0, n)).collect();
        assert_eq!(found, expected);
        for tiny in ["10.0.0.0/31", "10.0.0.0/32"] {
            assert_eq!(tiny.parse::<Cidr>().unwrap().candidates().count(), 0);
        }
    }

    #[test]
    fn ranges() {
        for bad in ["", "10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "x/8"] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
        let cidr: Cidr = "172.31.16.0/20".parse().unwrap();
        assert!(cidr.contains(Ipv4Addr::new(172, 31, 31, 255)));
        assert!(!cidr.contains(Ipv4Addr::new(172, 31, 32, 0)));
        assert_eq!(cidr.to_string(), "172.31.16.0/20");
    }

    #[test]
    fn targets_outside_the_vpc() {
        for (address, may) in [
            ("10.1.2.3", true),
            ("100.64.0.1", true),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("8.8.8.8", false),
        ] {
            assert_eq!(
                may_be_outside_target(address.parse().unwrap()),
                may,
                "{address}"
            );
        }
    }
}
