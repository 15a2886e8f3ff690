//! IPv4 ranges: the public one that load balancers get addresses of, and those of subnets.

use std::net::{IpAddr, Ipv4Addr};

use rand::Rng;
use wharf_base::Cidr4;

/// All addresses of a range but the first and the last, each once, beginning at a random one: an
/// address that was given back is not soon given to another.
pub fn candidates(range: Cidr4) -> impl Iterator<Item = Ipv4Addr> {
    let usable = range.size().saturating_sub(2);
    let start = match usable {
        0 => 0,
        usable => rand::rng().random_range(0..usable),
    };
    (0..usable).map(move |step| range.nth(1 + (start + step) % usable))
}

/// Whether an address outside the VPC may be a target: private, or shared by carriers (RFC 1918,
/// RFC 6598), as in AWS; never loopback, link-local or public ones. Those of IPv6 are what VPCs have their ranges of.
pub fn may_be_outside_target(address: IpAddr) -> bool {
    const SHARED: Cidr4 = Cidr4::new(Ipv4Addr::new(100, 64, 0, 0), 10);
    match address {
        IpAddr::V4(address) => address.is_private() || SHARED.contains(address),
        IpAddr::V6(address) => address.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn candidates_are_all_but_the_ends() {
        let cidr: Cidr4 = "127.64.0.0/29".parse().unwrap();
        let found: BTreeSet<Ipv4Addr> = candidates(cidr).collect();
        let expected = (1..7).map(|n| Ipv4Addr::new(127, 64, 0, n)).collect();
        assert_eq!(found, expected);
        for tiny in ["10.0.0.0/31", "10.0.0.0/32"] {
            assert_eq!(candidates(tiny.parse().unwrap()).count(), 0);
        }
    }

    #[test]
    fn targets_outside_the_vpc() {
        for (address, may) in [
            ("10.1.2.3", true),
            ("100.64.0.1", true),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("8.8.8.8", false),
            ("fd00:1::5", true),
            ("fe80::5", false),
            ("::1", false),
            ("2001:db8::5", false),
        ] {
            assert_eq!(
                may_be_outside_target(address.parse().unwrap()),
                may,
                "{address}"
            );
        }
    }
}
