//! IPv6 ranges, which only rules of security groups have.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use serde::{Deserialize, Serialize};

/// A range of IPv6 addresses, `2001:db8::/32`; bits beyond the prefix are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr6 {
    network: Ipv6Addr,
    prefix: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotACidr6(pub String);

impl fmt::Display for NotACidr6 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is not an IPv6 range", self.0)
    }
}

impl std::error::Error for NotACidr6 {}

impl FromStr for Cidr6 {
    type Err = NotACidr6;

    /// Reads a range and clears the bits beyond its prefix, as EC2 does with ranges it is given.
    fn from_str(text: &str) -> Result<Self, NotACidr6> {
        let bad = || NotACidr6(text.to_owned());
        let (address, prefix) = text.split_once('/').ok_or_else(bad)?;
        let address: Ipv6Addr = address.parse().map_err(|_| bad())?;
        let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix: u8 = prefix
            .parse()
            .ok()
            .filter(|prefix| digits && *prefix <= 128)
            .ok_or_else(bad)?;
        let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
        Ok(Self {
            network: Ipv6Addr::from_bits(address.to_bits() & mask),
            prefix,
        })
    }
}

impl fmt::Display for Cidr6 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.network, self.prefix)
    }
}

impl TryFrom<String> for Cidr6 {
    type Error = NotACidr6;

    fn try_from(text: String) -> Result<Self, NotACidr6> {
        text.parse()
    }
}

impl From<Cidr6> for String {
    fn from(cidr: Cidr6) -> Self {
        cidr.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_shown() {
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
            let read = text.parse::<Cidr6>().ok().map(|cidr| cidr.to_string());
            assert_eq!(read.as_deref(), shown, "{text}");
        }
    }
}
