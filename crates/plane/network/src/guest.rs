//! The way to a virtual machine: its interface is a guest's on the other end of a tap, instead of the `eth0` that processes
//! in the namespace have.
//!
//! ```text
//!  guest                task's namespace                    scope's namespace
//!  <address>/20 ─tap── tap0  <address>/32 dev tap0
//!    by DHCP            eth0  default via gateway ──veth── w<id>e…
//!  <IPv6>/128     ─tap── tap0  <IPv6>/128 dev tap0
//!    by DHCPv6          eth0  default via fe80::1 ──veth── w<id>e…
//! ```
//! The namespace routes between the two. It answers its guest for every hardware address that is asked for, since all
//! of them are behind it; so nobody but the scope decides who is reached, and the guest speaks from its own addresses alone.
//!
//! Over IPv6 it has no address at all, neither of its own nor of the link: who has the guest answers for it, by the addresses that
//! are led there ([`led_to_guest`]).

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::errno::Errno;

use crate::error::NetworkError;
use crate::host;
use crate::ipv6::{self, MOST, may_have};
use crate::model::{MacAddress, Subnet};
use crate::names::{GUEST_LINK, TASK_LINK};
use crate::netlink::link::{self, Conf};
use crate::netlink::nft::{self, BaseChain, Batch, Compare, Direction, Expression, Hook};
use crate::netlink::route::{self, Hop};
use crate::netlink::route6;
use crate::netlink::{Family, Request, Socket};
use crate::netns::Namespace;
use crate::scope::{in_link, in_task, outwards};
use crate::state::Endpoint;
use crate::sysctl;

/// Where the kernel makes taps; the place of its node is the same on all machines.
pub const TUN: &str = "/dev/net/tun";

/// `TUNSETIFF` and `TUNSETPERSIST` of `linux/if_tun.h`.
const SET_LINK: libc::Ioctl = 0x4004_54ca;
const SET_PERSISTENT: libc::Ioctl = 0x4004_54cb;
/// `IFF_TAP`, `IFF_NO_PI` and `IFF_VNET_HDR`: frames, without a head that says their kind, but with one that says what is
/// left to be computed.
const FLAGS: libc::c_short = 0x0002 | 0x1000 | 0x4000;

/// Of the namespace. Those of all interfaces it has from its host, whose operator may want them there.
const SETTINGS: [(&str, &str); 6] = [
    ("ipv4/ip_forward", "1"),
    // Who tells of addresses that it has would fill the table of neighbours with them, which is one for the whole host.
    ("ipv4/conf/all/arp_accept", "0"),
    ("ipv4/conf/all/route_localnet", "0"),
    ("ipv4/conf/all/accept_source_route", "0"),
    ("ipv4/conf/all/accept_redirects", "0"),
    // What the guest makes up is nothing for the log of the host.
    ("ipv4/conf/all/log_martians", "0"),
];

/// The table of IPv6, which is alone in the namespace.
const TABLE: &str = "guest";
/// Nothing of the guest is for the namespace: the kernel believes advertisements of routers as far as to have a neighbour of each
/// sender, whatever its settings, and the table of neighbours is one for the whole host. Who has the guest hears them all the same.
const ITSELF: BaseChain = BaseChain {
    name: "itself",
    kind: "filter",
    hook: Hook::Input,
    priority: 0,
};

/// The routes of IPv6 of the calling thread's network namespace, as the kernel shows them: a line each, which begins with the
/// address and the bits of the prefix in hexadecimal digits and ends with the link.
const ROUTES: &str = "/proc/thread-self/net/ipv6_route";
/// Of one that is for a single address.
const SINGLE: &str = "80";
/// There are some lines of 150 bytes beside those of the guest's addresses.
const MOST_BYTES: u64 = 64 << 10;

/// `struct ifreq`, as far as it is read.
#[repr(C)]
struct Wanted {
    name: [u8; libc::IFNAMSIZ],
    flags: libc::c_short,
    unused: [u8; 22],
}

/// The guest's end of the tap of the calling thread's network namespace. `node`: a node of the device [`TUN`].
///
/// # Errors
/// There is none, somebody has it already, or the caller may not.
pub fn open_tap(node: &Path) -> io::Result<OwnedFd> {
    let tap = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(node)?;
    let mut wanted = Wanted {
        name: [0; libc::IFNAMSIZ],
        flags: FLAGS,
        unused: [0; 22],
    };
    wanted.name[..GUEST_LINK.len()].copy_from_slice(GUEST_LINK.as_bytes());
    // SAFETY: the kernel reads and writes one `struct ifreq`, which is as large and lives across the call.
    Errno::result(unsafe { libc::ioctl(tap.as_raw_fd(), SET_LINK, &raw mut wanted) })?;
    Ok(tap.into())
}

/// Has the kernel make the tap, which stays without anybody at its other end.
fn make_tap() -> io::Result<()> {
    let tap = File::from(open_tap(Path::new(TUN))?);
    let yes: libc::c_ulong = 1;
    // SAFETY: an ioctl whose argument is a number.
    Errno::result(unsafe { libc::ioctl(tap.as_raw_fd(), SET_PERSISTENT, yes) })?;
    Ok(())
}

/// Hands the interface of a task's namespace to the guest. May be repeated.
pub(crate) fn hand_over(
    namespace: &Namespace,
    task: &mut Socket,
    endpoint: &Endpoint,
) -> Result<(), NetworkError> {
    let failed = |e: io::Error| NetworkError::kernel("make a tap", e);
    if link::index_of(task, GUEST_LINK)?.is_none() {
        namespace.run(make_tap).flatten().map_err(failed)?;
    }
    let settings = || {
        for (name, value) in SETTINGS {
            sysctl::ensure(name, value)?;
        }
        // What a guest without addresses of IPv6 says in it is heard by nobody.
        if endpoint.ipv6.is_empty() {
            sysctl::ensure(&format!("ipv6/conf/{GUEST_LINK}/disable_ipv6"), "1")?;
        }
        // It answers at once.
        sysctl::ensure(&format!("ipv4/neigh/{GUEST_LINK}/proxy_delay"), "0")
    };
    namespace.run(settings).map_err(failed)??;
    let outer = link::require_link(task, TASK_LINK)?;
    let forward = (Conf::Forwarding, 1);
    task.perform(vec![
        link::without_ipv6(GUEST_LINK),
        link::with_mtu(GUEST_LINK, outer.mtu),
        link::configure(TASK_LINK, &[forward]),
        link::configure(
            GUEST_LINK,
            &[forward, (Conf::ProxyArp, 1), (Conf::RpFilter, 1)],
        ),
        link::up(GUEST_LINK),
    ])?;
    let inner = link::require(task, GUEST_LINK)?;
    let own = endpoint.addresses();
    task.perform(
        own.map(|it| route::delete_address(outer.index, it))
            .collect(),
    )?;
    // With its last address the kernel took these.
    task.perform(outwards(outer.index, endpoint.gateway))?;
    for address in endpoint.addresses() {
        task.perform(inwards(inner, address, endpoint.mac))?;
    }
    if endpoint.ipv6.is_empty() {
        return Ok(());
    }
    route_ipv6(namespace)?;
    let own = endpoint.ipv6.iter();
    let own = own.map(|it| route6::delete_address(outer.index, *it));
    task.perform(own.collect())?;
    task.perform(ipv6::outwards(outer.index))?;
    for address in &endpoint.ipv6 {
        task.perform(inwards_ipv6(inner, *address, endpoint.mac))?;
    }
    Ok(())
}

/// Has a guest's namespace route IPv6, and hear nothing of its guest itself. May be repeated.
fn route_ipv6(namespace: &Namespace) -> Result<(), NetworkError> {
    let failed = |e: io::Error| NetworkError::kernel("enter a network namespace", e);
    let opened = namespace.run(|| {
        sysctl::ensure("ipv6/conf/all/forwarding", "1")?;
        host::open(Family::Netfilter)
    });
    let mut socket = opened.map_err(failed).flatten()?;
    // Before the guest's end speaks IPv6.
    if !nft::table_exists_ipv6(&mut socket, TABLE)? {
        let mut batch = Batch::ipv6(TABLE);
        batch.fresh_table();
        batch.chain(ITSELF);
        let by_guest = Expression::link(Direction::In, Compare::Equal, GUEST_LINK);
        batch.rule(ITSELF.name, [by_guest, Expression::discard()].concat());
        batch.commit(&mut socket, "write a guest's nftables table for IPv6")?;
    }
    ipv6::switch_on(namespace, TASK_LINK)?;
    ipv6::switch_on(namespace, GUEST_LINK)
}

/// Leads an address to the guest.
fn inwards(index: u32, address: Ipv4Addr, mac: MacAddress) -> Vec<Request> {
    vec![
        route::neighbour(index, address, mac),
        route::route(Subnet::host(address), Hop::Link { index }),
    ]
}

/// Leads a further address to the guest of a namespace, who is to give it to itself.
pub(crate) fn lead(path: &Path, address: Ipv4Addr, mac: MacAddress) -> Result<(), NetworkError> {
    in_link(path, GUEST_LINK, |index| inwards(index, address, mac))
}

/// Leads it there no more.
pub(crate) fn part(path: &Path, address: Ipv4Addr) -> Result<(), NetworkError> {
    in_link(path, GUEST_LINK, |index| {
        vec![
            route::delete_route(Subnet::host(address), index),
            route::delete_neighbour(index, address),
        ]
    })
}

fn inwards_ipv6(index: u32, address: Ipv6Addr, mac: MacAddress) -> Vec<Request> {
    let gateway = None;
    vec![
        route::neighbour(index, address, mac),
        route6::route(address, route6::Hop { index, gateway }),
    ]
}

/// Leads an IPv6 address to the guest of a namespace. One whose tap is not there yet gets it with that.
pub(crate) fn lead_ipv6(
    path: &Path,
    address: Ipv6Addr,
    mac: MacAddress,
) -> Result<(), NetworkError> {
    if let Some(namespace) = Namespace::open(path)? {
        route_ipv6(&namespace)?;
    }
    in_task(path, ipv6::outwards)?;
    in_link(path, GUEST_LINK, |index| inwards_ipv6(index, address, mac))
}

/// Leads it there no more.
pub(crate) fn part_ipv6(path: &Path, address: Ipv6Addr) -> Result<(), NetworkError> {
    in_link(path, GUEST_LINK, |index| {
        vec![
            route6::delete_route(address, index),
            route::delete_neighbour(index, address),
        ]
    })
}

/// The IPv6 addresses that are led to the guest of the calling thread's network namespace now.
///
/// # Errors
/// The kernel does not show its routes.
pub fn led_to_guest() -> io::Result<Vec<Ipv6Addr>> {
    let file = match File::open(ROUTES) {
        // A kernel without IPv6 leads none.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened?,
    };
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text.lines().filter_map(led).take(MOST).collect())
}

/// The address that a route of the kernel's table leads to the guest.
fn led(line: &str) -> Option<Ipv6Addr> {
    let mut words = line.split_ascii_whitespace();
    let (to, prefix, link) = (words.next()?, words.next()?, words.next_back()?);
    if (prefix, link) != (SINGLE, GUEST_LINK) {
        return None;
    }
    let address = Ipv6Addr::from_bits(u128::from_str_radix(to, 16).ok()?);
    may_have(address).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_of_the_kernel_are_read() {
        let none = "00000000000000000000000000000000";
        let line = |to: &str, prefix: &str, link: &str| {
            format!("{to} {prefix} {none} 00 {none} 00000400 00000001 00000000 00000001 {link:>8}")
        };
        let own = "fd123456789abc010000000000000005";
        let found = led(&line(own, "80", GUEST_LINK));
        assert_eq!(found, Some("fd12:3456:789a:bc01::5".parse().unwrap()));
        for other in [
            line(own, "40", GUEST_LINK),
            line(own, "80", TASK_LINK),
            line(none, "00", TASK_LINK),
            line("ff000000000000000000000000000000", "08", GUEST_LINK),
            line("fe800000000000000000000000000001", "80", GUEST_LINK),
            line("zz123456789abc010000000000000005", "80", GUEST_LINK),
            own.to_owned(),
            String::new(),
        ] {
            assert_eq!(led(&other), None, "{other}");
        }
    }
}
