//! Ranges and addresses of IPv6. Pure, but for what is drawn.
//!
//! AWS gives a VPC a /56 of its own public addresses. Here it is one that belongs to nobody (RFC 4193):
//! `fd`, 24 bits of the VPC's id, and the number of its overlay, which no other VPC of the installation has.

use std::net::Ipv6Addr;

use rand::Rng;
use sha2::{Digest, Sha256};
use wharf_base::Cidr6;

use crate::records::Vpc;

/// Where answers say that ranges come from.
pub const POOL: &str = "Amazon";
/// Bits of a VPC's range, and of a subnet's.
const OF_VPC: u8 = 56;
pub const OF_SUBNET: u8 = 64;
/// IPv6 addresses of an interface that no instance has, as many as AWS's largest types have.
pub const MOST: usize = 50;
/// `fd00:ec2::/32` is where AWS's own services are in every VPC.
const SERVICES: [u8; 3] = [0x00, 0x0e, 0xc2];

/// The range that a VPC has, if it has one.
pub fn range_of(vpc: &Vpc) -> Cidr6 {
    let hash = Sha256::digest(vpc.id.as_bytes());
    let mut of_id = [hash[0], hash[1], hash[2]];
    if of_id == SERVICES {
        of_id[0] ^= 1;
    }
    let mut octets = [0; 16];
    octets[0] = 0xfd;
    octets[1..4].copy_from_slice(&of_id);
    octets[4..7].copy_from_slice(&vpc.vni.to_be_bytes()[1..]);
    Cidr6::around(octets.into(), OF_VPC).expect("a prefix of IPv6")
}

/// Whether an interface may have the address: AWS keeps the first four of a subnet and the last.
pub fn may_assign(range: Cidr6, address: Ipv6Addr) -> bool {
    let behind = u128::MAX >> range.prefix();
    let offset = address.to_bits() & behind;
    range.contains(address) && offset >= 4 && offset < behind
}

/// An address of the range, drawn.
pub fn draw(range: Cidr6) -> Ipv6Addr {
    let behind = u128::MAX >> range.prefix();
    // The last one and the first four are left out.
    let offset = rand::rng().random_range(4..behind);
    Ipv6Addr::from_bits(range.network().to_bits() | offset)
}

#[cfg(test)]
mod tests {
    use wharf_base::ids;
    use wharf_records::ecs::Tags;

    use super::*;
    use crate::vpc_parts::Parts;

    #[test]
    fn ranges_of_vpcs() {
        let mut vpc = Parts::mint("10.0.0.0/16".parse().unwrap(), false, "", Tags::new()).vpc;
        vpc.id = "vpc-0123456789abcdef0".to_owned();
        vpc.vni = 0x00ab_cdef;
        let range = range_of(&vpc);
        assert_eq!(range, range_of(&vpc), "always the same");
        let text = range.to_string();
        assert!(
            text.starts_with("fd") && text.ends_with("ab:cdef::/56") || text.contains("abcd"),
            "{text}"
        );
        assert_eq!(range.network().octets()[4..7], [0xab, 0xcd, 0xef]);
        let other = Vpc {
            id: ids::ec2_id("vpc"),
            vni: 1,
            ..vpc.clone()
        };
        assert!(!range_of(&other).overlaps(range));
    }

    #[test]
    fn the_first_four_and_the_last_are_nobodys() {
        let range: Cidr6 = "fd12:3456:789a:bc01::/64".parse().unwrap();
        for (text, good) in [
            ("fd12:3456:789a:bc01::", false),
            ("fd12:3456:789a:bc01::3", false),
            ("fd12:3456:789a:bc01::4", true),
            ("fd12:3456:789a:bc01:ffff:ffff:ffff:fffe", true),
            ("fd12:3456:789a:bc01:ffff:ffff:ffff:ffff", false),
            ("fd12:3456:789a:bc02::5", false),
        ] {
            assert_eq!(may_assign(range, text.parse().unwrap()), good, "{text}");
        }
        for _ in 0..100 {
            assert!(may_assign(range, draw(range)));
        }
    }
}
