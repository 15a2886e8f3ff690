//! What is stored of a network ACL, and how its entries are shown.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Cidr, Cidr4};
use wharf_records::{Unknown, ecs::Tags};

use crate::{fault, records::entity};

/// Number of the entry by which a default ACL lets everything through.
const ALLOW: u16 = 100;
/// The same of IPv6, where its VPC has such a range.
const ALLOW_IPV6: u16 = 101;
/// Shown last of all: what no entry is about is denied.
pub const DENY: i32 = 32_767;
const DENY_IPV6: i32 = 32_768;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkAcl {
    pub id: String,
    pub vpc_id: String,
    /// In the order of direction and number. Those of earlier versions let everything through.
    #[serde(default = "open")]
    pub entries: Vec<Entry>,
    /// Id of the pointer that the client token of its making left, deleted with it.
    #[serde(default)]
    pub token_id: Option<String>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(
    NetworkAcl,
    "network-acl",
    fault::network_acl_not_found,
    vpc_id
);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub egress: bool,
    pub number: u16,
    pub allow: bool,
    /// `None` for all of them.
    pub protocol: Option<u8>,
    pub cidr: Cidr,
    /// TCP and UDP: first and last destination port.
    pub ports: Option<(u16, u16)>,
    /// ICMP, and ICMPv6 of an IPv6 range: type and code; -1 for all of them.
    pub icmp: Option<(i16, i16)>,
}

impl Entry {
    /// What names it within its ACL.
    pub fn place(&self) -> (bool, u16) {
        (self.egress, self.number)
    }

    /// Whether it is about IPv6.
    pub fn is_ipv6(&self) -> bool {
        self.cidr.network().is_ipv6()
    }

    pub fn to_wire(&self) -> wire::NetworkAclEntry {
        let cidr = Some(self.cidr.to_string());
        let (ipv6_cidr_block, cidr_block) = match self.is_ipv6() {
            true => (cidr, None),
            false => (None, cidr),
        };
        let number = |protocol: u8| protocol.to_string();
        wire::NetworkAclEntry {
            cidr_block,
            ipv6_cidr_block,
            egress: Some(self.egress),
            icmp_type_code: self.icmp.map(|(kind, code)| wire::IcmpTypeCode {
                code: Some(i32::from(code)),
                type_: Some(i32::from(kind)),
            }),
            port_range: self.ports.map(|(from, to)| wire::PortRange {
                from: Some(i32::from(from)),
                to: Some(i32::from(to)),
            }),
            protocol: Some(self.protocol.map_or_else(|| "-1".to_owned(), number)),
            rule_action: Some(action(self.allow).to_owned()),
            rule_number: Some(i32::from(self.number)),
        }
    }
}

fn action(allow: bool) -> &'static str {
    if allow { "allow" } else { "deny" }
}

/// The entries of an ACL that lets everything through.
pub fn open() -> Vec<Entry> {
    [false, true]
        .map(|egress| all(egress, ALLOW, any(false)))
        .to_vec()
}

fn all(egress: bool, number: u16, cidr: Cidr) -> Entry {
    Entry {
        egress,
        number,
        allow: true,
        protocol: None,
        cidr,
        ports: None,
        icmp: None,
    }
}

fn any(ipv6: bool) -> Cidr {
    let text = if ipv6 { "::/0" } else { "0.0.0.0/0" };
    text.parse().expect("a constant range")
}

/// Where a default ACL still has the entry by which it lets all of IPv4 through, it gets the one for IPv6.
pub fn open_to_ipv6(entries: &mut Vec<Entry>) {
    for egress in [false, true] {
        let has = |entry: &Entry| entries.iter().any(|it| it == entry);
        let is_open = has(&all(egress, ALLOW, any(false)));
        let is_free = !entries.iter().any(|it| it.place() == (egress, ALLOW_IPV6));
        if is_open && is_free {
            entries.push(all(egress, ALLOW_IPV6, any(true)));
        }
    }
    entries.sort_by_key(Entry::place);
}

impl NetworkAcl {
    /// Its entries as answers have them, each direction with the one that ends it; with that of IPv6, too, if the VPC has
    /// such a range.
    pub fn entries_to_wire(&self, ipv6: bool) -> Vec<wire::NetworkAclEntry> {
        let of = |egress: bool| {
            let own = self.entries.iter().filter(move |it| it.egress == egress);
            let last = wire::NetworkAclEntry {
                cidr_block: Some(Cidr4::ALL.to_string()),
                egress: Some(egress),
                protocol: Some("-1".to_owned()),
                rule_action: Some(action(false).to_owned()),
                rule_number: Some(DENY),
                ..wire::NetworkAclEntry::default()
            };
            let last_ipv6 = wire::NetworkAclEntry {
                cidr_block: None,
                ipv6_cidr_block: Some(any(true).to_string()),
                rule_number: Some(DENY_IPV6),
                ..last.clone()
            };
            let ends = [Some(last), ipv6.then_some(last_ipv6)];
            own.map(Entry::to_wire).chain(ends.into_iter().flatten())
        };
        of(true).chain(of(false)).collect()
    }
}
