//! Which addresses requests go to. Pure, but for the question which are the machine's own.

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use nix::ifaddrs::getifaddrs;
use parking_lot::Mutex;
use wharf_base::{
    Cidr,
    net::{Ipv4Net, Ipv6Net},
};

const fn v4(a: u8, b: u8, c: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), prefix)
}

const fn v6(a: u16, b: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

/// IANA's registry of special IPv4 addresses, and groups.
const SPECIAL_V4: [Ipv4Net; 15] = [
    v4(0, 0, 0, 8),
    v4(10, 0, 0, 8),
    v4(100, 64, 0, 10),
    v4(127, 0, 0, 8),
    v4(169, 254, 0, 16),
    v4(172, 16, 0, 12),
    v4(192, 0, 0, 24),
    v4(192, 0, 2, 24),
    v4(192, 88, 99, 24),
    v4(192, 168, 0, 16),
    v4(198, 18, 0, 15),
    v4(198, 51, 100, 24),
    v4(203, 0, 113, 24),
    v4(224, 0, 0, 4),
    v4(240, 0, 0, 4),
];

/// Of IPv6 only this is given to anybody at all,
const PUBLIC_V6: Ipv6Net = v6(0x2000, 0, 3);
/// but for tunnels, which carry IPv4 addresses, and ranges for protocols and books.
const SPECIAL_V6: [Ipv6Net; 4] = [
    v6(0x2001, 0, 23),
    v6(0x2001, 0xdb8, 32),
    v6(0x2002, 0, 16),
    v6(0x3fff, 0, 20),
];

/// Public addresses of other machines, and what the operator added.
#[derive(Debug, Clone)]
pub struct Allowed {
    further: Arc<[Cidr]>,
    /// Whether an address is this machine's own, by which its ports are reached from behind its firewall.
    is_own: fn(IpAddr) -> bool,
}

impl Allowed {
    pub fn new(further: Vec<Cidr>) -> Self {
        Self {
            further: further.into(),
            is_own,
        }
    }

    pub fn holds(&self, address: IpAddr) -> bool {
        // The kernel takes ::ffff:127.0.0.1 for 127.0.0.1.
        let address = address.to_canonical();
        let is_allowed = self.further.iter().any(|range| range.contains(address));
        is_allowed || (public(address) && !(self.is_own)(address))
    }

    /// Whether an address that is not held would be, were it another machine's: that may change.
    pub fn is_own(&self, address: IpAddr) -> bool {
        public(address.to_canonical()) && (self.is_own)(address.to_canonical())
    }
}

/// How long the addresses of interfaces are believed: they come and go.
const BELIEVED: Duration = Duration::from_secs(1);

/// Those of all interfaces, and when they were read.
static OF_INTERFACES: Mutex<Option<(Instant, HashSet<IpAddr>)>> = Mutex::new(None);

fn is_own(address: IpAddr) -> bool {
    is_of_interface(address) || is_led_here(address)
}

/// Where the addresses cannot be read, any may be own.
fn is_of_interface(address: IpAddr) -> bool {
    let mut known = OF_INTERFACES.lock();
    if let Some((at, own)) = &*known
        && at.elapsed() < BELIEVED
    {
        return own.contains(&address);
    }
    let own = match of_interfaces() {
        Ok(own) => own,
        Err(error) => {
            tracing::warn!(%error, "failed to read this machine's addresses: requests go to those alone that are allowed by name");
            *known = None;
            return true;
        }
    };
    let is_own = own.contains(&address);
    *known = Some((Instant::now(), own));
    is_own
}

fn of_interfaces() -> nix::Result<HashSet<IpAddr>> {
    let own = getifaddrs()?.filter_map(|interface| {
        let address = interface.address?;
        let v4 = address.as_sockaddr_in().map(|it| IpAddr::V4(it.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|it| IpAddr::V6(it.ip())))
    });
    Ok(own.collect())
}

/// Whole ranges may be led to the machine itself with no interface that has them. What is sent there has the address as
/// its source too; a datagram socket asks for the route and sends nothing.
fn is_led_here(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let source = || {
        let socket = UdpSocket::bind(SocketAddr::from((any, 0)))?;
        // Any port but 0 will do.
        socket.connect(SocketAddr::from((address, 9)))?;
        socket.local_addr()
    };
    // Where no route leads, no connection will either.
    source().is_ok_and(|it: SocketAddr| it.ip() == address)
}

fn public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => !SPECIAL_V4.iter().any(|range| range.contains(&it)),
        IpAddr::V6(it) => {
            PUBLIC_V6.contains(&it) && !SPECIAL_V6.iter().any(|range| range.contains(&it))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_address_is_refused_unless_it_was_allowed() {
        let own: IpAddr = "52.94.0.1".parse().unwrap();
        let of = |further: &[&str]| Allowed {
            is_own: |it| it == "52.94.0.1".parse::<IpAddr>().unwrap(),
            ..Allowed::new(further.iter().map(|it| it.parse().unwrap()).collect())
        };
        assert!(!of(&[]).holds(own));
        assert!(!of(&[]).holds("::ffff:52.94.0.1".parse().unwrap()));
        assert!(of(&[]).is_own("::ffff:52.94.0.1".parse().unwrap()));
        assert!(!of(&[]).is_own("127.0.0.1".parse().unwrap()));
        assert!(of(&[]).holds("52.94.0.2".parse().unwrap()));
        assert!(of(&["52.94.0.1/32"]).holds(own));
    }

    #[test]
    fn all_addresses_of_interfaces_are_own() {
        let own = of_interfaces().unwrap();
        assert!(own.contains(&IpAddr::V4(Ipv4Addr::LOCALHOST)));
        assert!(own.into_iter().all(is_own));
    }

    #[test]
    fn the_kernel_says_which_addresses_are_own() {
        assert!(is_own("127.0.0.1".parse().unwrap()));
        assert!(!is_own("192.0.2.1".parse().unwrap()));
        assert!(!is_own("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn only_public_addresses_and_what_was_allowed() {
        let allowed = Allowed::new(vec!["10.1.0.0/16".parse().unwrap()]);
        for (address, holds) in [
            ("1.1.1.1", true),
            ("52.94.0.1", true),
            ("2606:4700::1111", true),
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("0.0.0.0", false),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("169.254.169.254", false),
            ("172.31.255.255", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("100.64.0.1", false),
            ("198.19.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::127.0.0.1", false),
            ("64:ff9b::7f00:1", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("ff02::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::", false),
            ("2001:4860:4860::8888", true),
        ] {
            assert_eq!(allowed.holds(address.parse().unwrap()), holds, "{address}");
        }
    }
}
