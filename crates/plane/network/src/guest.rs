//! The way to a virtual machine: its interface is a guest's on the other end of a tap, instead of the `eth0` that processes
//! in the namespace have.
//!
//! ```text
//!  guest                task's namespace                    scope's namespace
//!  <address>/20 ─tap── tap0  <address>/32 dev tap0
//!    by DHCP            eth0  default via gateway ──veth── w<id>e…
//! ```
//! The namespace routes between the two. It answers its guest for every hardware address that is asked for, since all
//! of them are behind it; so nobody but the scope decides who is reached, and the guest speaks from its own addresses alone.

use std::fs::{File, OpenOptions};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::errno::Errno;

use crate::error::NetworkError;
use crate::model::{MacAddress, Subnet};
use crate::names::{GUEST_LINK, TASK_LINK};
use crate::netlink::link::{self, Conf};
use crate::netlink::route::{self, Hop};
use crate::netlink::{Request, Socket};
use crate::netns::Namespace;
use crate::scope::{in_link, outwards};
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
        // What a guest says of routes in IPv6 is heard by nobody.
        sysctl::ensure(&format!("ipv6/conf/{GUEST_LINK}/disable_ipv6"), "1")?;
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
    Ok(())
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
