//! Links: veth pairs between namespaces, their state and per-interface settings.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::message::{text, u32_at};
use super::socket::{ACK, CREATE, DUMP, EXCL, REQUEST};
use super::{Attrs, Message, Request, Socket, attributes};
use crate::error::NetworkError;
use crate::model::{Counters, MacAddress};

pub(super) const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
pub(super) const RTM_GETLINK: u16 = 18;
const RTM_SETLINK: u16 = 19;

pub(super) const IFLA_ADDRESS: u16 = 1;
pub(super) const IFLA_IFNAME: u16 = 3;
pub(super) const IFLA_MTU: u16 = 4;
const IFLA_STATS64: u16 = 23;
const IFLA_OPERSTATE: u16 = 16;
pub(super) const IFLA_LINKINFO: u16 = 18;
const IFLA_AF_SPEC: u16 = 26;
const IFLA_GROUP: u16 = 27;
pub(super) const IFLA_NET_NS_FD: u16 = 28;
const IFLA_EXT_MASK: u16 = 29;
const SKIP_STATISTICS: u32 = 8;
pub(super) const IFLA_INFO_KIND: u16 = 1;
pub(super) const IFLA_INFO_DATA: u16 = 2;
const VETH_INFO_PEER: u16 = 1;
const IFLA_INET_CONF: u16 = 1;
const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
const ADDR_GEN_MODE_NONE: u8 = 1;

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const IFF_UP: u32 = 1;
/// `IF_OPER_UP`
const OPERATIONAL: u8 = 6;

/// The kernel's queue of link changes runs at least once a second.
const CARRIER_TIMEOUT: Duration = Duration::from_secs(2);
const CARRIER_POLL: Duration = Duration::from_millis(1);

/// Per-interface IPv4 settings, by their numbers in `linux/ip.h`; the names are those under
/// `/proc/sys/net/ipv4/conf/<interface>/`.
#[derive(Debug, Clone, Copy)]
#[repr(u16)]
pub(crate) enum Conf {
    Forwarding = 1,
    ProxyArp = 3,
    RpFilter = 8,
    RouteLocalnet = 26,
}

/// One end of a pair.
pub(crate) struct End<'a> {
    pub(crate) name: &'a str,
    pub(crate) mac: Option<MacAddress>,
    /// The kernel's own idea if `None`, bytes.
    pub(crate) mtu: Option<u32>,
}

/// `struct ifinfomsg`: family, type, index, flags, the flags meant.
pub(super) fn ifinfo(index: u32, flags: u32, change: u32) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    for field in [index, flags, change] {
        bytes.extend_from_slice(&field.to_ne_bytes());
    }
    bytes
}

fn end_attrs(end: &End<'_>) -> Attrs {
    let attrs = Attrs::new().text(IFLA_IFNAME, end.name);
    let attrs = match end.mac {
        Some(mac) => attrs.put(IFLA_ADDRESS, &mac.octets()),
        None => attrs,
    };
    end.mtu
        .into_iter()
        .fold(attrs, |a, mtu| a.u32(IFLA_MTU, mtu))
}

/// A veth pair: the near end in the socket's namespace, the far end made directly in `far_netns`.
/// Making it there is what keeps an attachment at one or two milliseconds: moving a link between
/// namespaces takes about twenty, in which the kernel waits for every processor to pass by.
pub(crate) fn veth(near: &End<'_>, far: &End<'_>, far_netns: BorrowedFd<'_>) -> Request {
    let peer = end_attrs(far).u32(IFLA_NET_NS_FD, far_netns.as_raw_fd().cast_unsigned());
    let peer = Attrs::new().raw(&ifinfo(0, 0, 0)).append(peer);
    let info = Attrs::new()
        .text(IFLA_INFO_KIND, "veth")
        .nest(IFLA_INFO_DATA, Attrs::new().nest(VETH_INFO_PEER, peer));
    let attrs = end_attrs(near).nest(IFLA_LINKINFO, info);
    Request {
        message: Message::new(
            RTM_NEWLINK,
            REQUEST | ACK | CREATE | EXCL,
            &ifinfo(0, 0, 0),
            attrs,
        ),
        step: format!("make the link {}", near.name).into(),
        tolerated: &[],
    }
}

pub(crate) fn delete(name: &str) -> Request {
    Request {
        message: Message::new(
            RTM_DELLINK,
            REQUEST | ACK,
            &ifinfo(0, 0, 0),
            Attrs::new().text(IFLA_IFNAME, name),
        ),
        step: format!("remove the link {name}").into(),
        tolerated: &[Errno::ENODEV],
    }
}

/// Puts a link into a group, to be removed with it.
pub(crate) fn join(name: &str, group: u32) -> Request {
    let attrs = Attrs::new().u32(IFLA_GROUP, group);
    set(name, ifinfo(0, 0, 0), attrs, &[Errno::ENODEV])
}

/// Removes all links of a group, in hardly more time than one takes.
pub(crate) fn delete_group(group: u32) -> Request {
    let attrs = Attrs::new().u32(IFLA_GROUP, group);
    Request {
        message: Message::new(RTM_DELLINK, REQUEST | ACK, &ifinfo(0, 0, 0), attrs),
        step: "remove links".into(),
        tolerated: &[Errno::ENODEV],
    }
}

pub(crate) fn up(name: &str) -> Request {
    set(name, ifinfo(0, IFF_UP, IFF_UP), Attrs::new(), &[])
}

/// Packets through it are no larger, in bytes.
pub(crate) fn with_mtu(name: &str, mtu: u32) -> Request {
    let attrs = Attrs::new().u32(IFLA_MTU, mtu);
    set(name, ifinfo(0, 0, 0), attrs, &[])
}

pub(crate) fn configure(name: &str, settings: &[(Conf, u32)]) -> Request {
    let conf = settings
        .iter()
        .fold(Attrs::new(), |a, (conf, value)| a.u32(*conf as u16, *value));
    let spec = Attrs::new().nest(AF_INET, Attrs::new().nest(IFLA_INET_CONF, conf));
    set(
        name,
        ifinfo(0, 0, 0),
        Attrs::new().nest(IFLA_AF_SPEC, spec),
        &[],
    )
}

/// No link-local IPv6 address on this end: task networks are IPv4, and a second family would walk
/// around every check made for the first.
pub(crate) fn without_ipv6(name: &str) -> Request {
    let mode = Attrs::new().u8(IFLA_INET6_ADDR_GEN_MODE, ADDR_GEN_MODE_NONE);
    let spec = Attrs::new().nest(AF_INET6, mode);
    // Kernels without IPv6 have nothing to switch off.
    let attrs = Attrs::new().nest(IFLA_AF_SPEC, spec);
    set(name, ifinfo(0, 0, 0), attrs, &[Errno::EAFNOSUPPORT])
}

fn set(name: &str, header: Vec<u8>, attrs: Attrs, tolerated: &'static [Errno]) -> Request {
    let attrs = Attrs::new().text(IFLA_IFNAME, name).append(attrs);
    Request {
        message: Message::new(RTM_SETLINK, REQUEST | ACK, &header, attrs),
        step: format!("set up the link {name}").into(),
        tolerated,
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) index: u32,
    pub(crate) name: String,
    /// Both ends are up and known to be.
    pub(crate) operational: bool,
    pub(crate) mtu: u32,
}

/// All links of the socket's namespace.
pub(crate) fn list(socket: &mut Socket) -> Result<Vec<Link>, NetworkError> {
    let request = Message::new(RTM_GETLINK, REQUEST | DUMP, &ifinfo(0, 0, 0), Attrs::new());
    let bodies = socket.dump("list links", &request)?;
    Ok(bodies.iter().filter_map(|body| parse(body)).collect())
}

fn parse(body: &[u8]) -> Option<Link> {
    let (index, mut name, mut operational, mut mtu) = (u32_at(body, 4)?, None, false, 0);
    for (kind, value) in attributes(body.get(16..)?) {
        match kind {
            IFLA_IFNAME => name = Some(text(value)),
            IFLA_MTU => mtu = u32_at(value, 0)?,
            IFLA_OPERSTATE => operational = value == [OPERATIONAL],
            _ => {}
        }
    }
    Some(Link {
        index,
        name: name?,
        operational,
        mtu,
    })
}

/// The index of the link of that name.
pub(crate) fn index_of(socket: &mut Socket, name: &str) -> Result<Option<u32>, NetworkError> {
    Ok(find(socket, name)?.map(|link| link.index))
}

fn find(socket: &mut Socket, name: &str) -> Result<Option<Link>, NetworkError> {
    let attrs = Attrs::new()
        .text(IFLA_IFNAME, name)
        .u32(IFLA_EXT_MASK, SKIP_STATISTICS);
    let request = Message::new(RTM_GETLINK, REQUEST, &ifinfo(0, 0, 0), attrs);
    let body = socket.ask(&format!("find the link {name}"), request)?;
    Ok(body.and_then(|body| parse(&body)))
}

/// What went through a task's link, seen from the task: what its other end received, it sent.
pub(crate) fn counters(socket: &mut Socket, name: &str) -> Result<Option<Counters>, NetworkError> {
    let attrs = Attrs::new().text(IFLA_IFNAME, name);
    let request = Message::new(RTM_GETLINK, REQUEST, &ifinfo(0, 0, 0), attrs);
    let body = socket.ask(&format!("count what went through {name}"), request)?;
    Ok(body.and_then(|body| {
        let (_, stats) = attributes(body.get(16..)?).find(|(kind, _)| *kind == IFLA_STATS64)?;
        read_counters(stats)
    }))
}

/// `struct rtnl_link_stats64`: packets, bytes, errors, dropped; received and sent in turn.
fn read_counters(stats: &[u8]) -> Option<Counters> {
    let at = |index: usize| {
        let bytes = stats.get(index * 8..index * 8 + 8)?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    };
    Some(Counters {
        tx_packets: at(0)?,
        rx_packets: at(1)?,
        tx_bytes: at(2)?,
        rx_bytes: at(3)?,
        tx_errors: at(4)?,
        rx_errors: at(5)?,
        tx_dropped: at(6)?,
        rx_dropped: at(7)?,
    })
}

/// As `index_of`, for a link that was there a moment ago.
pub(crate) fn require(socket: &mut Socket, name: &str) -> Result<u32, NetworkError> {
    Ok(require_link(socket, name)?.index)
}

/// The same with all that is known of it.
pub(crate) fn require_link(socket: &mut Socket, name: &str) -> Result<Link, NetworkError> {
    find(socket, name)?
        .ok_or_else(|| NetworkError::kernel(format!("find the link {name}"), Errno::ENODEV))
}

/// The hardware address of a link that was there a moment ago.
pub(crate) fn hardware_address(
    socket: &mut Socket,
    name: &str,
) -> Result<MacAddress, NetworkError> {
    let attrs = Attrs::new()
        .text(IFLA_IFNAME, name)
        .u32(IFLA_EXT_MASK, SKIP_STATISTICS);
    let request = Message::new(RTM_GETLINK, REQUEST, &ifinfo(0, 0, 0), attrs);
    let body = socket.ask(&format!("find the link {name}"), request)?;
    let octets = body.and_then(|body| {
        let (_, value) = attributes(body.get(16..)?).find(|(kind, _)| *kind == IFLA_ADDRESS)?;
        <[u8; 6]>::try_from(value).ok()
    });
    octets
        .map(MacAddress::new)
        .ok_or_else(|| NetworkError::kernel(format!("find the link {name}"), Errno::ENODEV))
}

/// Waits until the end of a pair that came up first sends what it is given. It learns of the other
/// end from a queue of the kernel's, and drops packets until then; since Linux 6.8 asking for the
/// link makes the kernel work that off, before that it takes some milliseconds.
pub(crate) fn await_carrier(socket: &mut Socket, name: &str) -> Result<(), NetworkError> {
    let deadline = Instant::now() + CARRIER_TIMEOUT;
    while find(socket, name)?.is_some_and(|link| !link.operational) {
        if Instant::now() > deadline {
            tracing::warn!(
                name,
                "timeout waiting for a link to come up; its first packets may be lost"
            );
            return Ok(());
        }
        thread::sleep(CARRIER_POLL);
    }
    Ok(())
}
