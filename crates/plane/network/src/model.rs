//! What is asked for and what was given: modes, ports, interfaces, attachments. Plain values.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The network a task is to have (spec: ecs §3, `networkMode`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The host's own; nothing is made.
    Host,
    /// A namespace of its own with nothing but loopback.
    None,
    /// A private address behind the host, reached through published ports.
    Bridge { ports: Vec<PortMapping> },
    /// An elastic network interface of a VPC.
    Awsvpc(Eni),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortMapping {
    pub container: PortRange,
    pub host: HostPort,
    pub protocol: Protocol,
}

/// Ports `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortRange {
    pub first: u16,
    pub last: u16,
}

impl PortRange {
    pub const fn single(port: u16) -> Self {
        Self {
            first: port,
            last: port,
        }
    }

    /// How many ports these are; 0 if the ends are the wrong way round.
    pub const fn len(self) -> u16 {
        // 1-65535 is the most, port 0 being nobody's.
        if self.first == 0 || self.last < self.first {
            0
        } else {
            self.last - self.first + 1
        }
    }

    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    pub fn iter(self) -> impl Iterator<Item = u16> {
        self.first..=self.last
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostPort {
    /// Any free one; consecutive ones for a range.
    Dynamic,
    Fixed(u16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    /// The number in the IP header.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

/// An elastic network interface, as the control plane described it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eni {
    pub vpc_id: String,
    pub eni_id: String,
    pub mac: MacAddress,
    pub address: Ipv4Addr,
    pub subnet: Subnet,
    pub gateway: Ipv4Addr,
    /// Its IPv6 addresses from the start; what the control plane says of the interface counts later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6: Vec<Ipv6Addr>,
}

/// What an attached task has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The network namespace for the OCI specification; the host's own if `None`.
    pub netns: Option<PathBuf>,
    pub scope: Option<Scope>,
    pub address: Option<Ipv4Addr>,
    pub gateway: Option<Ipv4Addr>,
    pub mac: Option<MacAddress>,
    /// One per port mapping, in its order.
    pub bindings: Vec<Binding>,
    /// Whether programs of the host reach the address. In VPCs only those in the ranges that are
    /// set aside for it; two VPCs may use the same addresses, and the first on a host has the route.
    pub host_reachable: bool,
}

/// A published port (spec: ecs §4, `networkBindings`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    pub container: PortRange,
    pub host: PortRange,
    pub protocol: Protocol,
    pub bind_ip: Ipv4Addr,
}

/// A routed network on this host, with one namespace of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Bridge,
    Vpc(String),
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bridge => out.write_str("bridge"),
            Self::Vpc(id) => out.write_str(id),
        }
    }
}

/// An attachment found on record.
#[derive(Debug, Clone)]
pub struct Recovered {
    pub key: String,
    pub mode: Mode,
    pub attachment: Attachment,
    pub health: Health,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// In place.
    Wired,
    /// The call that made it never returned: attach again, or detach.
    Unfinished,
    /// Its namespace is gone, as after a reboot of the host.
    Lost,
}

/// What went through an attachment's interface since it was wired, as its task sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    pub rx_packets: u64,
    pub rx_bytes: u64,
    pub rx_errors: u64,
    pub rx_dropped: u64,
    pub tx_packets: u64,
    pub tx_bytes: u64,
    pub tx_errors: u64,
    pub tx_dropped: u64,
}

/// A hardware address.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MacAddress([u8; 6]);

impl MacAddress {
    pub const fn new(octets: [u8; 6]) -> Self {
        Self(octets)
    }

    pub const fn octets(self) -> [u8; 6] {
        self.0
    }

    /// Of one machine: neither all zero nor of a group.
    pub(crate) fn is_unicast(self) -> bool {
        self.0 != [0; 6] && self.0[0] & 1 == 0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a {1}")]
pub struct BadValue(String, &'static str);

impl FromStr for MacAddress {
    type Err = BadValue;
    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad = || {
            BadValue(
                text.chars().take(40).collect(),
                "MAC address (aa:bb:cc:dd:ee:ff)",
            )
        };
        let mut octets = [0; 6];
        let mut parts = text.split(':');
        for octet in &mut octets {
            let part = parts.next().filter(|p| p.len() == 2).ok_or_else(bad)?;
            if !part.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(bad());
            }
            *octet = u8::from_str_radix(part, 16).map_err(|_| bad())?;
        }
        if parts.next().is_some() {
            Err(bad())
        } else {
            Ok(Self(octets))
        }
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, f] = self.0;
        write!(out, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl TryFrom<String> for MacAddress {
    type Error = BadValue;
    fn try_from(text: String) -> Result<Self, BadValue> {
        text.parse()
    }
}

impl From<MacAddress> for String {
    fn from(mac: MacAddress) -> Self {
        mac.to_string()
    }
}

/// A range of IPv4 addresses, `172.31.0.0/20`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subnet {
    network: Ipv4Addr,
    prefix: u8,
}

impl Subnet {
    /// The range of `prefix` bits around `address`.
    ///
    /// # Errors
    /// `BadValue` for more than 32 bits.
    pub fn new(address: Ipv4Addr, prefix: u8) -> Result<Self, BadValue> {
        if prefix > 32 {
            return Err(BadValue(
                format!("{address}/{prefix}"),
                "range of IPv4 addresses",
            ));
        }
        let network = Ipv4Addr::from_bits(address.to_bits() & Self::mask(prefix));
        Ok(Self { network, prefix })
    }

    pub const fn host(address: Ipv4Addr) -> Self {
        Self {
            network: address,
            prefix: 32,
        }
    }

    /// A range that is written down in the code: `network` is its first address.
    pub(crate) const fn constant(network: Ipv4Addr, prefix: u8) -> Self {
        Self { network, prefix }
    }

    pub const ANY: Self = Self {
        network: Ipv4Addr::UNSPECIFIED,
        prefix: 0,
    };

    fn mask(prefix: u8) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
    }

    pub const fn network(self) -> Ipv4Addr {
        self.network
    }

    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    pub fn contains(self, address: Ipv4Addr) -> bool {
        address.to_bits() & Self::mask(self.prefix) == self.network.to_bits()
    }

    /// Whether all of `other` lies in it.
    pub fn covers(self, other: Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.network)
    }

    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other.network) || other.contains(self.network)
    }

    /// The last address of the range.
    pub fn last(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network.to_bits() | !Self::mask(self.prefix))
    }

    /// The address `offset` behind the first; the caller knows that it lies within.
    pub(crate) fn nth(self, offset: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network.to_bits().wrapping_add(offset))
    }
}

impl FromStr for Subnet {
    type Err = BadValue;
    fn from_str(text: &str) -> Result<Self, BadValue> {
        let bad = || BadValue(text.chars().take(40).collect(), "range of IPv4 addresses");
        let (address, prefix) = text.split_once('/').ok_or_else(bad)?;
        let address: Ipv4Addr = address.parse().map_err(|_| bad())?;
        Self::new(address, prefix.parse().map_err(|_| bad())?)
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.network, self.prefix)
    }
}

impl fmt::Debug for Subnet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl TryFrom<String> for Subnet {
    type Error = BadValue;
    fn try_from(text: String) -> Result<Self, BadValue> {
        text.parse()
    }
}

impl From<Subnet> for String {
    fn from(subnet: Subnet) -> Self {
        subnet.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mac_addresses_are_read_strictly() {
        let mac: MacAddress = "0a:1B:00:ff:02:03".parse().unwrap();
        assert_eq!(mac.to_string(), "0a:1b:00:ff:02:03");
        for bad in [
            "",
            "0a:1b:00:ff:02",
            "0a:1b:00:ff:02:03:04",
            "0a:1b:00:ff:02:3",
            "+a:1b:00:ff:02:03",
        ] {
            assert!(bad.parse::<MacAddress>().is_err(), "{bad}");
        }
        assert!(
            !"01:00:00:00:00:00"
                .parse::<MacAddress>()
                .unwrap()
                .is_unicast()
        );
    }

    #[test]
    fn subnets() {
        let subnet: Subnet = "172.31.17.9/20".parse().unwrap();
        assert_eq!(subnet.to_string(), "172.31.16.0/20");
        assert!(subnet.contains(Ipv4Addr::new(172, 31, 31, 255)));
        assert!(!subnet.contains(Ipv4Addr::new(172, 31, 32, 0)));
        assert_eq!(subnet.last(), Ipv4Addr::new(172, 31, 31, 255));
        assert!(subnet.overlaps("172.31.0.0/16".parse().unwrap()));
        assert!(Subnet::ANY.overlaps(subnet) && Subnet::ANY.contains(Ipv4Addr::BROADCAST));
        assert!(!subnet.overlaps("172.31.32.0/20".parse().unwrap()));
        for bad in [
            "",
            "1.2.3.4",
            "1.2.3.4/33",
            "1.2.3/8",
            "1.2.3.4/x",
            "1.2.3.4/-1",
        ] {
            assert!(bad.parse::<Subnet>().is_err(), "{bad}");
        }
    }

    #[test]
    fn port_ranges() {
        assert_eq!(PortRange::single(80).len(), 1);
        assert_eq!(
            PortRange {
                first: 1,
                last: 65535
            }
            .len(),
            65535
        );
        assert!(PortRange { first: 5, last: 4 }.is_empty());
        assert!(PortRange { first: 0, last: 4 }.is_empty());
    }
}
