//! VXLAN devices and what they know of the other hosts.

use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;

use super::link::{IFLA_ADDRESS, IFLA_IFNAME, IFLA_INFO_DATA, IFLA_INFO_KIND, IFLA_LINKINFO};
use super::link::{IFLA_MTU, IFLA_NET_NS_FD, RTM_GETLINK, RTM_NEWLINK, ifinfo};
use super::message::u32_at;
use super::route::{RTM_DELNEIGH, RTM_NEWNEIGH};
use super::socket::{ACK, CREATE, EXCL, REPLACE, REQUEST};
use super::{Attrs, Message, Request, Socket, attributes};
use crate::error::NetworkError;
use crate::model::MacAddress;

const VXLAN_ID: u16 = 1;
const VXLAN_LOCAL: u16 = 4;
const VXLAN_LEARNING: u16 = 7;
const VXLAN_PORT: u16 = 15;

const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
const AF_BRIDGE: u8 = 7;
const NUD_NOARP_PERMANENT: u16 = 0xc0;
/// The entry is the device's own, not a bridge's.
const NTF_SELF: u8 = 2;

/// What makes a tunnel the one that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tunnel {
    /// Number of the network, 24 bits.
    pub(crate) vni: u32,
    pub(crate) local: Ipv4Addr,
    pub(crate) port: u16,
    /// Of what goes through it, bytes.
    pub(crate) mtu: u32,
}

/// The hardware address of the tunnel's end at `underlay`: it follows from it, so that hosts need
/// not tell each other.
pub(crate) fn hardware_address(underlay: Ipv4Addr) -> MacAddress {
    let [a, b, c, d] = underlay.octets();
    MacAddress::new([0x02, b'x', a, b, c, d])
}

/// Makes the device in `netns`, with its socket in the namespace of the socket that performs this.
/// It learns nothing from packets.
pub(crate) fn create(name: &str, tunnel: &Tunnel, netns: BorrowedFd<'_>) -> Request {
    let data = Attrs::new()
        .u32(VXLAN_ID, tunnel.vni)
        .put(VXLAN_LOCAL, &tunnel.local.octets())
        .u8(VXLAN_LEARNING, 0)
        .put(VXLAN_PORT, &tunnel.port.to_be_bytes());
    let info = Attrs::new()
        .text(IFLA_INFO_KIND, "vxlan")
        .nest(IFLA_INFO_DATA, data);
    let attrs = Attrs::new()
        .text(IFLA_IFNAME, name)
        .put(IFLA_ADDRESS, &hardware_address(tunnel.local).octets())
        .u32(IFLA_MTU, tunnel.mtu)
        .u32(IFLA_NET_NS_FD, netns.as_raw_fd().cast_unsigned())
        .nest(IFLA_LINKINFO, info);
    Request {
        message: Message::new(
            RTM_NEWLINK,
            REQUEST | ACK | CREATE | EXCL,
            &ifinfo(0, 0, 0),
            attrs,
        ),
        step: format!("make a tunnel for network {}", tunnel.vni).into(),
        tolerated: &[],
    }
}

/// The tunnel of that name in the socket's namespace, and its index.
pub(crate) fn find(socket: &mut Socket, name: &str) -> Result<Option<(u32, Tunnel)>, NetworkError> {
    let attrs = Attrs::new().text(IFLA_IFNAME, name);
    let request = Message::new(RTM_GETLINK, REQUEST, &ifinfo(0, 0, 0), attrs);
    let body = socket.ask(&format!("find the tunnel {name}"), request)?;
    Ok(body.and_then(|body| parse(&body)))
}

fn parse(body: &[u8]) -> Option<(u32, Tunnel)> {
    let attrs = body.get(16..)?;
    let one = |bytes, wanted| find_in(bytes, wanted);
    let data = one(one(attrs, IFLA_LINKINFO)?, IFLA_INFO_DATA)?;
    let tunnel = Tunnel {
        vni: u32_at(one(data, VXLAN_ID)?, 0)?,
        local: Ipv4Addr::from(<[u8; 4]>::try_from(one(data, VXLAN_LOCAL)?).ok()?),
        port: u16::from_be_bytes(one(data, VXLAN_PORT)?.try_into().ok()?),
        mtu: u32_at(one(attrs, IFLA_MTU)?, 0)?,
    };
    Some((u32_at(body, 4)?, tunnel))
}

fn find_in(bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut all = attributes(bytes);
    all.find(|(kind, _)| *kind == wanted).map(|(_, v)| v)
}

/// Frames for the end at `underlay` are sent there.
pub(crate) fn add_end(index: u32, underlay: Ipv4Addr) -> Request {
    Request {
        message: end(RTM_NEWNEIGH, CREATE | REPLACE, index, underlay),
        step: format!("add the tunnel's end at {underlay}").into(),
        tolerated: &[],
    }
}

pub(crate) fn remove_end(index: u32, underlay: Ipv4Addr) -> Request {
    Request {
        message: end(RTM_DELNEIGH, 0, index, underlay),
        step: format!("remove the tunnel's end at {underlay}").into(),
        tolerated: &[Errno::ENOENT, Errno::ENODEV],
    }
}

fn end(kind: u16, flags: u16, index: u32, underlay: Ipv4Addr) -> Message {
    let mut header = vec![AF_BRIDGE, 0, 0, 0];
    header.extend_from_slice(&index.to_ne_bytes());
    header.extend_from_slice(&NUD_NOARP_PERMANENT.to_ne_bytes());
    header.extend_from_slice(&[NTF_SELF, 0]);
    let attrs = Attrs::new()
        .put(NDA_LLADDR, &hardware_address(underlay).octets())
        .put(NDA_DST, &underlay.octets());
    Message::new(kind, REQUEST | ACK | flags, &header, attrs)
}
