//! What is stored of a network ACL, and how its entries are shown.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::Cidr4;
use wharf_records::{Unknown, ecs::Tags};

use crate::{fault, records::entity};

/// Number of the entry by which a default ACL lets everything through.
const ALLOW: u16 = 100;
/// Shown last of all: what no entry is about is denied.
pub const DENY: i32 = 32_767;

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
    pub cidr: Cidr4,
    /// TCP and UDP: first and last destination port.
    pub ports: Option<(u16, u16)>,
    /// ICMP: type and code; -1 for all of them.
    pub icmp: Option<(i16, i16)>,
}

impl Entry {
    /// What names it within its ACL.
    pub fn place(&self) -> (bool, u16) {
        (self.egress, self.number)
    }

    pub fn to_wire(&self) -> wire::NetworkAclEntry {
        let number = |protocol: u8| protocol.to_string();
        wire::NetworkAclEntry {
            cidr_block: Some(self.cidr.to_string()),
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
            ..wire::NetworkAclEntry::default()
        }
    }
}

fn action(allow: bool) -> &'static str {
    if allow { "allow" } else { "deny" }
}

/// The entries of an ACL that lets everything through.
pub fn open() -> Vec<Entry> {
    [false, true]
        .map(|egress| Entry {
            egress,
            number: ALLOW,
            allow: true,
            protocol: None,
            cidr: Cidr4::ALL,
            ports: None,
            icmp: None,
        })
        .to_vec()
}

impl NetworkAcl {
    /// Its entries as answers have them, each direction with the one that ends it.
    pub fn entries_to_wire(&self) -> Vec<wire::NetworkAclEntry> {
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
            own.map(Entry::to_wire).chain([last])
        };
        of(true).chain(of(false)).collect()
    }
}
