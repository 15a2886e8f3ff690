//! Policy rules (IPv4): which routing tables the host's own packets are looked up in, and those that carry a mark or came by a link.

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
const FRA_GOTO: u16 = 4;
const FRA_PRIORITY: u16 = 6;
const FRA_FWMARK: u16 = 10;
const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
const FRA_TABLE: u16 = 15;
const FRA_FWMASK: u16 = 16;
const FRA_PROTOCOL: u16 = 21;

const AF_INET: u8 = 2;
const TO_TABLE: u8 = 1;
const TO_RULE: u8 = 2;
/// The rule of the kernel's own for the table `main`.
const OF_MAIN: u32 = 32766;
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

/// In a VPC's namespace: `fwmark <mark> lookup <table>`, for marks with any of `bits`; packets without them pass all such rules by, however
/// many there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marked {
    pub(crate) priority: u32,
    pub(crate) bits: u32,
}

impl Marked {
    /// Packets with the mark are looked up in the table of its number.
    pub(crate) fn add(self, mark: u32) -> Request {
        self.request(RTM_NEWRULE, mark)
    }

    pub(crate) fn delete(self, mark: u32) -> Request {
        self.request(RTM_DELRULE, mark)
    }

    fn request(self, kind: u16, mark: u32) -> Request {
        let attrs = Attrs::new()
            .u32(FRA_PRIORITY, self.priority + 1)
            .u32(FRA_TABLE, mark)
            .u32(FRA_FWMARK, mark);
        let step = format!("change the rule for the mark {mark:#x}");
        request(kind, TO_TABLE, attrs, step)
    }

    /// Where the others go on.
    pub(crate) fn add_bypass(self) -> Request {
        self.bypass(RTM_NEWRULE)
    }

    pub(crate) fn delete_bypass(self) -> Request {
        self.bypass(RTM_DELRULE)
    }

    fn bypass(self, kind: u16) -> Request {
        let attrs = Attrs::new()
            .u32(FRA_PRIORITY, self.priority)
            .u32(FRA_FWMARK, 0)
            .u32(FRA_FWMASK, self.bits)
            .u32(FRA_GOTO, OF_MAIN);
        let step = "change the rule for packets without marks".to_owned();
        request(kind, TO_RULE, attrs, step)
    }

    /// The marks that have a rule.
    pub(crate) fn list(self, socket: &mut Socket) -> Result<Vec<u32>, NetworkError> {
        let header = [AF_INET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let all = Message::new(RTM_GETRULE, REQUEST | DUMP, &header, Attrs::new());
        let bodies = socket.dump("list rules", &all)?;
        let marks = bodies.iter().filter_map(|body| {
            let mut all = attributes(body.get(12..)?);
            let mark = all.find(|(kind, _)| *kind == FRA_FWMARK)?.1;
            u32_at(mark, 0)
        });
        Ok(marks.filter(|mark| mark & self.bits != 0).collect())
    }
}

/// `iif <link> lookup <table>`
pub(crate) fn add_incoming(priority: u32, link: &str, table: u32) -> Request {
    let attrs = Attrs::new()
        .u32(FRA_PRIORITY, priority)
        .u32(FRA_TABLE, table)
        .text(FRA_IIFNAME, link);
    let step = format!("add the rule for what comes by {link}");
    request(RTM_NEWRULE, TO_TABLE, attrs, step)
}

fn request(kind: u16, action: u8, attrs: Attrs, step: String) -> Request {
    let header = [AF_INET, 0, 0, 0, 0, 0, 0, action, 0, 0, 0, 0];
    let flags = match kind {
        RTM_NEWRULE => REQUEST | ACK | CREATE | EXCL,
        _ => REQUEST | ACK,
    };
    Request {
        message: Message::new(kind, flags, &header, attrs.u8(FRA_PROTOCOL, PROTOCOL)),
        step: step.into(),
        tolerated: &[Errno::EEXIST, Errno::ENOENT],
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
