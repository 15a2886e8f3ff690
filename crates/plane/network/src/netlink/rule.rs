//! Policy rules (IPv4): which routing tables the host's own packets are looked up in.

use std::net::Ipv4Addr;

use nix::errno::Errno;

use super::message::{text, u32_at};
use super::route::PROTOCOL;
use super::socket::{ACK, CREATE, DUMP, EXCL, REQUEST};
use super::{Attrs, Message, Request, Socket, attributes};
use crate::error::NetworkError;
use crate::model::Subnet;

const RTM_NEWRULE: u16 = 32;
const RTM_DELRULE: u16 = 33;
const RTM_GETRULE: u16 = 34;

const FRA_DST: u16 = 1;
const FRA_IIFNAME: u16 = 3;
const FRA_PRIORITY: u16 = 6;
const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
const FRA_TABLE: u16 = 15;
const FRA_PROTOCOL: u16 = 21;

const AF_INET: u8 = 2;
const TO_TABLE: u8 = 1;
/// In a rule it stands for packets that the host itself sends, not for its loopback link.
const OWN_PACKETS: &str = "lo";

/// `pref <priority> iif lo to <to> lookup <table>`: of this host's own packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) priority: u32,
    pub(crate) to: Subnet,
    pub(crate) table: u32,
    /// The table's default route does not count.
    pub(crate) without_default: bool,
}

impl Rule {
    fn message(&self, kind: u16, flags: u16) -> Message {
        let header = [
            AF_INET,
            self.to.prefix(),
            0,
            0,
            0,
            0,
            0,
            TO_TABLE,
            0,
            0,
            0,
            0,
        ];
        let mut attrs = Attrs::new()
            .u32(FRA_PRIORITY, self.priority)
            .u32(FRA_TABLE, self.table)
            .text(FRA_IIFNAME, OWN_PACKETS)
            .u8(FRA_PROTOCOL, PROTOCOL);
        if self.to.prefix() > 0 {
            attrs = attrs.put(FRA_DST, &self.to.network().octets());
        }
        if self.without_default {
            attrs = attrs.u32(FRA_SUPPRESS_PREFIXLEN, 0);
        }
        Message::new(kind, flags, &header, attrs)
    }

    pub(crate) fn add(&self) -> Request {
        Request {
            message: self.message(RTM_NEWRULE, REQUEST | ACK | CREATE | EXCL),
            step: format!("add the rule for {}", self.to).into(),
            tolerated: &[Errno::EEXIST],
        }
    }

    pub(crate) fn delete(&self) -> Request {
        Request {
            message: self.message(RTM_DELRULE, REQUEST | ACK),
            step: format!("remove the rule for {}", self.to).into(),
            tolerated: &[Errno::ENOENT],
        }
    }
}

/// What the host has: the priorities of all rules, and those that this crate made.
pub(crate) fn list(socket: &mut Socket) -> Result<(Vec<u32>, Vec<Rule>), NetworkError> {
    let header = [AF_INET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let request = Message::new(RTM_GETRULE, REQUEST | DUMP, &header, Attrs::new());
    let bodies = match socket.dump("list rules", &request) {
        // A kernel that was built without them has none.
        Err(error) if error.errno() == Some(libc::EOPNOTSUPP) => Vec::new(),
        bodies => bodies?,
    };
    let (mut priorities, mut ours) = (Vec::new(), Vec::new());
    for (rule, is_ours) in bodies.iter().filter_map(|body| parse(body)) {
        priorities.push(rule.priority);
        if is_ours {
            ours.push(rule);
        }
    }
    Ok((priorities, ours))
}

/// A rule, and whether it is one of this crate's.
fn parse(body: &[u8]) -> Option<(Rule, bool)> {
    let (family, prefix) = (*body.first()?, *body.get(1)?);
    if family != AF_INET {
        return None;
    }
    let (mut to, mut priority) = (Ipv4Addr::UNSPECIFIED, 0);
    let mut table = u32::from(*body.get(4)?);
    let (mut protocol, mut own_packets, mut without_default) = (0, false, false);
    for (kind, value) in attributes(body.get(12..)?) {
        match kind {
            FRA_DST => to = Ipv4Addr::from(<[u8; 4]>::try_from(value).ok()?),
            FRA_IIFNAME => own_packets = text(value) == OWN_PACKETS,
            FRA_PRIORITY => priority = u32_at(value, 0)?,
            FRA_TABLE => table = u32_at(value, 0)?,
            // The kernel shows "no bound" as the largest number.
            FRA_SUPPRESS_PREFIXLEN => without_default = u32_at(value, 0)? == 0,
            FRA_PROTOCOL => protocol = *value.first()?,
            _ => {}
        }
    }
    let rule = Rule {
        priority,
        to: Subnet::new(to, prefix).ok()?,
        table,
        without_default,
    };
    Some((rule, protocol == PROTOCOL && own_packets))
}
