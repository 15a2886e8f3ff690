//! Ranges of addresses: `172.31.0.0/16`, `2001:db8::/32`.
//!
//! Arithmetic is `ipnet`'s. Texts are read here, since they come from callers and disks and have one
//! form: an address as `std` reads it, a slash, decimal digits. (`ipnet` also takes `010.0.0.0`.)

use std::{fmt, marker::PhantomData, net::IpAddr, str::FromStr};

pub use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

/// A kind of range: IPv4, IPv6, or either.
pub trait Family: Copy + PartialEq + fmt::Debug + fmt::Display {
    type Address: FromStr + PartialEq + Copy + fmt::Display;
    /// How a text that is none is described.
    const NAME: &'static str;

    /// The range that an address is in, bits behind the prefix cleared; `None` if the prefix is too long.
    fn around(address: Self::Address, prefix: u8) -> Option<Self>;
    /// Its first address.
    fn first(self) -> Self::Address;
    fn bits(self) -> u8;
    fn holds(self, address: Self::Address) -> bool;
    fn covers(self, other: Self) -> bool;
}

macro_rules! family {
    ($net:ty, $address:ty, $name:literal) => {
        impl Family for $net {
            type Address = $address;
            const NAME: &'static str = $name;

            fn around(address: $address, prefix: u8) -> Option<Self> {
                Some(<$net>::new(address, prefix).ok()?.trunc())
            }

            fn first(self) -> $address {
                self.network()
            }

            fn bits(self) -> u8 {
                self.prefix_len()
            }

            fn holds(self, address: $address) -> bool {
                self.contains(&address)
            }

            fn covers(self, other: Self) -> bool {
                self.contains(&other)
            }
        }
    };
}

family!(Ipv4Net, std::net::Ipv4Addr, "an IPv4 range");
family!(Ipv6Net, std::net::Ipv6Addr, "an IPv6 range");
family!(IpNet, IpAddr, "a range of IP addresses");

/// A range of addresses; bits behind the prefix are zero. Read from text it must say so itself; see
/// [`Cidr::canonical`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String", bound = "N: Family")]
pub struct Cidr<N = IpNet>(N);

/// A range of IPv4 addresses.
pub type Cidr4 = Cidr<Ipv4Net>;
/// A range of IPv6 addresses.
pub type Cidr6 = Cidr<Ipv6Net>;

/// A text that is no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {}", N::NAME)]
pub struct NotACidr<N: Family> {
    pub text: String,
    family: PhantomData<fn() -> N>,
}

impl<N: Family> NotACidr<N> {
    fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            family: PhantomData,
        }
    }
}

impl<N: Family> Cidr<N> {
    /// Reads a range and clears the bits behind its prefix, as AWS does with most ranges in requests.
    ///
    /// # Errors
    /// A text of another form.
    pub fn canonical(text: &str) -> Result<Self, NotACidr<N>> {
        Self::read(text).map(|(range, _)| range)
    }

    fn read(text: &str) -> Result<(Self, N::Address), NotACidr<N>> {
        let read = || {
            let (address, prefix) = text.split_once('/')?;
            let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
            let address: N::Address = address.parse().ok()?;
            let prefix = prefix.parse().ok().filter(|_| digits)?;
            Some((Self(N::around(address, prefix)?), address))
        };
        read().ok_or_else(|| NotACidr::new(text))
    }

    /// The range that an address is in; `None` if the prefix is longer than an address.
    pub fn around(address: N::Address, prefix: u8) -> Option<Self> {
        N::around(address, prefix).map(Self)
    }

    /// The first address.
    pub fn network(self) -> N::Address {
        self.0.first()
    }

    /// How many leading bits count.
    pub fn prefix(self) -> u8 {
        self.0.bits()
    }

    pub fn contains(self, address: N::Address) -> bool {
        self.0.holds(address)
    }

    /// Whether every address of `other` is in it.
    pub fn covers(self, other: Self) -> bool {
        self.0.covers(other.0)
    }

    /// Whether they have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.covers(other) || other.covers(self)
    }
}

impl Cidr4 {
    /// `0.0.0.0/0`
    pub const ALL: Self = Self::new(std::net::Ipv4Addr::UNSPECIFIED, 0);

    /// A constant range.
    ///
    /// # Panics
    /// If `prefix` is above 32, or bits of the address are behind it.
    pub const fn new(address: std::net::Ipv4Addr, prefix: u8) -> Self {
        assert!(prefix <= 32, "a prefix has at most 32 bits");
        let behind = (u32::MAX as u64) >> prefix;
        assert!(
            address.to_bits() as u64 & behind == 0,
            "bits of the address are behind the prefix"
        );
        Self(Ipv4Net::new_assert(address, prefix))
    }

    /// How many addresses it has.
    pub fn size(self) -> u64 {
        1 << (32 - self.prefix())
    }

    /// The address so far behind the first one; the last of all if it were behind that.
    pub fn nth(self, offset: u64) -> std::net::Ipv4Addr {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        std::net::Ipv4Addr::from_bits(self.network().to_bits().saturating_add(offset))
    }
}

impl Cidr {
    /// Reads a range as [`Cidr::canonical`] does, or one address as the range of it alone.
    ///
    /// # Errors
    /// A text of another form.
    pub fn or_address(text: &str) -> Result<Self, NotACidr<IpNet>> {
        match text.parse::<IpAddr>() {
            Ok(address) => Ok(Self(IpNet::from(address))),
            Err(_) => Self::canonical(text),
        }
    }

    /// Whether `address` is in it; one of IPv4 in its IPv6 form counts as IPv4.
    pub fn admits(self, address: IpAddr) -> bool {
        self.contains(address.to_canonical())
    }
}

impl<N: Family> FromStr for Cidr<N> {
    type Err = NotACidr<N>;

    fn from_str(text: &str) -> Result<Self, NotACidr<N>> {
        match Self::read(text)? {
            (range, address) if range.network() == address => Ok(range),
            _ => Err(NotACidr::new(text)),
        }
    }
}

impl<N: Family> TryFrom<String> for Cidr<N> {
    type Error = NotACidr<N>;

    fn try_from(text: String) -> Result<Self, NotACidr<N>> {
        text.parse()
    }
}

impl<N: Family> From<Cidr<N>> for String {
    fn from(range: Cidr<N>) -> Self {
        range.to_string()
    }
}

impl<N: Family> fmt::Display for Cidr<N> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.network(), self.prefix())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_have_one_form() {
        for bad in [
            "",
            "10.0.0.0",
            "10.0.0.1/24",
            "10.0.0.0/33",
            "10.0.0/8",
            "010.0.0.0/8",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "a/b",
            "::/0",
        ] {
            assert!(bad.parse::<Cidr4>().is_err(), "{bad}");
        }
        assert_eq!(
            Cidr4::canonical("10.0.0.1/24").unwrap().to_string(),
            "10.0.0.0/24"
        );
        for (text, shown) in [
            ("::/0", Some("::/0")),
            ("2001:DB8:0:0::/32", Some("2001:db8::/32")),
            ("2001:db8::1/64", Some("2001:db8::/64")),
            ("2001:db8::1/128", Some("2001:db8::1/128")),
            ("2001:db8::1", None),
            ("2001:db8::/129", None),
            ("2001:db8::/+1", None),
            ("2001:db8::/", None),
            ("10.0.0.0/8", None),
            ("", None),
        ] {
            let read = Cidr6::canonical(text).ok().map(|range| range.to_string());
            assert_eq!(read.as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn either_family_and_single_addresses() {
        let check = |range: &str, ip: &str| {
            Cidr::or_address(range).is_ok_and(|range| range.admits(ip.parse().unwrap()))
        };
        assert!(check("203.0.113.0/24", "203.0.113.255"));
        assert!(!check("203.0.113.0/24", "203.0.114.0"));
        assert!(check("203.0.113.7", "203.0.113.7"));
        assert!(check("0.0.0.0/0", "1.2.3.4"));
        assert!(!check("0.0.0.0/0", "::1"));
        assert!(check("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(check("2001:db8::/32", "2001:db8:1::"));
        assert!(check("::/0", "2001:db8:1::"));
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
        ] {
            assert!(Cidr::or_address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn errors_name_the_kind() {
        let error = "x".parse::<Cidr4>().unwrap_err();
        assert_eq!(error.to_string(), "`x` is not an IPv4 range");
    }

    fn any_range() -> impl Strategy<Value = Cidr4> {
        (0u8..=32, any::<u32>()).prop_map(|(prefix, address)| {
            Cidr4::around(Ipv4Addr::from(address), prefix).expect("a prefix of IPv4")
        })
    }

    proptest! {
        #[test]
        fn text_and_json_round_trip(range in any_range()) {
            prop_assert_eq!(range.to_string().parse::<Cidr4>(), Ok(range));
            let json = serde_json::to_string(&range).unwrap();
            prop_assert_eq!(&json, &format!("\"{range}\""));
            prop_assert_eq!(serde_json::from_str::<Cidr4>(&json).unwrap(), range);
        }

        #[test]
        fn ranges_overlap_if_one_begins_in_the_other(a in any_range(), b in any_range()) {
            prop_assert_eq!(a.overlaps(b), a.contains(b.network()) || b.contains(a.network()));
            prop_assert_eq!(a.overlaps(b), b.overlaps(a));
            prop_assert!(Cidr4::ALL.covers(a) && a.covers(a));
            if a.covers(b) && a != b {
                prop_assert!(!b.covers(a));
            }
        }

        #[test]
        fn contains_compares_the_prefix(a in any_range(), address: u32) {
            let mask = u32::MAX.checked_shl(32 - u32::from(a.prefix())).unwrap_or(0);
            let expected = address & mask == a.network().to_bits();
            prop_assert_eq!(a.contains(Ipv4Addr::from(address)), expected);
            prop_assert_eq!(a.nth(a.size() - 1).to_bits(), a.network().to_bits() | !mask);
        }

        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = (Cidr::or_address(&text), Cidr4::canonical(&text), Cidr6::canonical(&text));
        }
    }
}
