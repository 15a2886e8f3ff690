//! Security groups and their rules.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_records::{Unknown, ecs::Tags};
use wharf_wire::Context;

use super::{Cidr4, Cidr6, arn, entity, tags_to_wire};
use crate::{fault, prefix_lists::Listed};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroup {
    pub id: String,
    pub vpc_id: String,
    pub name: String,
    pub description: String,
    pub ingress: Vec<Rule>,
    pub egress: Vec<Rule>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(
    SecurityGroup,
    "security-group",
    fault::group_not_found,
    vpc_id
);

/// One permission: a protocol, ports and one source or destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub id: String,
    /// `tcp`, `udp`, `icmp`, a number, or `-1` for all.
    pub protocol: String,
    /// TCP and UDP: the first port. ICMP: the type, -1 for all. Others have none.
    pub from_port: Option<i32>,
    /// TCP and UDP: the last port. ICMP: the code, -1 for all. Others have none.
    pub to_port: Option<i32>,
    pub peer: RulePeer,
    pub description: Option<String>,
    #[serde(default)]
    pub tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RulePeer {
    Cidr(Cidr4),
    Ipv6(Cidr6),
    Group(String),
    /// A group of a VPC that is a peer of this one.
    PeerGroup(PeerGroup),
    /// The ranges of a prefix list.
    PrefixList(Listed),
}

impl RulePeer {
    /// Whether both name the same peer; what a prefix list has in it is no matter.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::PrefixList(one), Self::PrefixList(other)) => one.id == other.id,
            (one, other) => one == other,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerGroup {
    pub account: String,
    pub vpc: String,
    pub group: String,
    /// The peering connection by which it became one.
    pub peering: String,
}

/// Which of a group's two lists a rule stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ingress,
    Egress,
}

impl SecurityGroup {
    pub fn rules(&self, direction: Direction) -> &[Rule] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }

    pub fn rules_mut(&mut self, direction: Direction) -> &mut Vec<Rule> {
        match direction {
            Direction::Ingress => &mut self.ingress,
            Direction::Egress => &mut self.egress,
        }
    }

    /// Both lists, each rule with its direction.
    pub fn all_rules(&self) -> impl Iterator<Item = (Direction, &Rule)> {
        let ingress = self.ingress.iter().map(|rule| (Direction::Ingress, rule));
        let egress = self.egress.iter().map(|rule| (Direction::Egress, rule));
        ingress.chain(egress)
    }

    pub fn to_wire(&self, cx: &Context) -> wire::SecurityGroup {
        wire::SecurityGroup {
            group_id: Some(self.id.clone()),
            ip_permissions: Some(permissions_to_wire(&self.ingress, &cx.account)),
            ip_permissions_egress: Some(permissions_to_wire(&self.egress, &cx.account)),
            tags: Some(tags_to_wire(&self.tags)),
            vpc_id: Some(self.vpc_id.clone()),
            security_group_arn: Some(arn(cx, "security-group", &self.id)),
            owner_id: Some(cx.account.clone()),
            group_name: Some(self.name.clone()),
            description: Some(self.description.clone()),
        }
    }
}

/// Rules of one protocol and ports are shown as one permission with several peers.
fn permissions_to_wire(rules: &[Rule], account: &str) -> Vec<wire::IpPermission> {
    let mut permissions: Vec<wire::IpPermission> = Vec::new();
    for rule in rules {
        let same = |known: &&mut wire::IpPermission| {
            known.ip_protocol.as_deref() == Some(&rule.protocol)
                && known.from_port == rule.from_port
                && known.to_port == rule.to_port
        };
        match permissions.iter_mut().find(same) {
            Some(known) => rule.add_peer(known, account),
            None => permissions.push(rule.to_permission(account)),
        }
    }
    permissions
}

impl Rule {
    /// Whether both allow the same; ids, descriptions and tags aside.
    pub fn allows_same(&self, other: &Self) -> bool {
        self.protocol == other.protocol
            && self.from_port == other.from_port
            && self.to_port == other.to_port
            && self.peer.is_same(&other.peer)
    }

    /// The rule as a permission with one peer.
    pub fn to_permission(&self, account: &str) -> wire::IpPermission {
        let mut permission = wire::IpPermission {
            ip_protocol: Some(self.protocol.clone()),
            from_port: self.from_port,
            to_port: self.to_port,
            user_id_group_pairs: Some(vec![]),
            ip_ranges: Some(vec![]),
            ipv6_ranges: Some(vec![]),
            prefix_list_ids: Some(vec![]),
        };
        self.add_peer(&mut permission, account);
        permission
    }

    fn add_peer(&self, permission: &mut wire::IpPermission, account: &str) {
        match &self.peer {
            RulePeer::Cidr(cidr) => {
                let ranges = permission.ip_ranges.get_or_insert_default();
                ranges.push(wire::IpRange {
                    description: self.description.clone(),
                    cidr_ip: Some(cidr.to_string()),
                });
            }
            RulePeer::Ipv6(cidr) => {
                let ranges = permission.ipv6_ranges.get_or_insert_default();
                ranges.push(wire::Ipv6Range {
                    description: self.description.clone(),
                    cidr_ipv6: Some(cidr.to_string()),
                });
            }
            RulePeer::Group(id) => {
                let groups = permission.user_id_group_pairs.get_or_insert_default();
                groups.push(wire::UserIdGroupPair {
                    description: self.description.clone(),
                    user_id: Some(account.to_owned()),
                    group_id: Some(id.clone()),
                    ..wire::UserIdGroupPair::default()
                });
            }
            RulePeer::PrefixList(list) => {
                let lists = permission.prefix_list_ids.get_or_insert_default();
                lists.push(wire::PrefixListId {
                    description: self.description.clone(),
                    prefix_list_id: Some(list.id.clone()),
                });
            }
            RulePeer::PeerGroup(peer) => {
                let groups = permission.user_id_group_pairs.get_or_insert_default();
                groups.push(wire::UserIdGroupPair {
                    description: self.description.clone(),
                    user_id: Some(peer.account.clone()),
                    group_id: Some(peer.group.clone()),
                    vpc_id: Some(peer.vpc.clone()),
                    vpc_peering_connection_id: Some(peer.peering.clone()),
                    ..wire::UserIdGroupPair::default()
                });
            }
        }
    }

    /// From and to as the API shows them for a rule on its own: -1 where there are no ports.
    pub fn shown_ports(&self) -> (i32, i32) {
        (self.from_port.unwrap_or(-1), self.to_port.unwrap_or(-1))
    }

    pub fn cidr(&self) -> Option<Cidr4> {
        match &self.peer {
            RulePeer::Cidr(cidr) => Some(*cidr),
            _ => None,
        }
    }

    pub fn cidr6(&self) -> Option<Cidr6> {
        match &self.peer {
            RulePeer::Ipv6(cidr) => Some(*cidr),
            _ => None,
        }
    }

    pub fn prefix_list(&self) -> Option<&Listed> {
        match &self.peer {
            RulePeer::PrefixList(list) => Some(list),
            _ => None,
        }
    }

    /// The group that it names, be it of the same VPC or of a peer.
    pub fn any_group(&self) -> Option<&str> {
        match &self.peer {
            RulePeer::Group(id) => Some(id),
            RulePeer::PeerGroup(peer) => Some(&peer.group),
            _ => None,
        }
    }

    /// The group of the same VPC that it names.
    pub fn group(&self) -> Option<&str> {
        match &self.peer {
            RulePeer::Group(id) => Some(id),
            _ => None,
        }
    }

    /// The rule as a resource of its own, of the group `group`.
    pub fn to_wire(
        &self,
        cx: &Context,
        group: &str,
        direction: Direction,
    ) -> wire::SecurityGroupRule {
        let (from, to) = self.shown_ports();
        let account = Some(cx.account.clone());
        let referenced = match &self.peer {
            RulePeer::Group(id) => Some(wire::ReferencedSecurityGroup {
                group_id: Some(id.clone()),
                user_id: account.clone(),
                ..wire::ReferencedSecurityGroup::default()
            }),
            RulePeer::PeerGroup(peer) => Some(wire::ReferencedSecurityGroup {
                group_id: Some(peer.group.clone()),
                user_id: Some(peer.account.clone()),
                vpc_id: Some(peer.vpc.clone()),
                vpc_peering_connection_id: Some(peer.peering.clone()),
                ..wire::ReferencedSecurityGroup::default()
            }),
            RulePeer::Cidr(_) | RulePeer::Ipv6(_) | RulePeer::PrefixList(_) => None,
        };
        wire::SecurityGroupRule {
            security_group_rule_id: Some(self.id.clone()),
            group_id: Some(group.to_owned()),
            group_owner_id: account,
            is_egress: Some(direction == Direction::Egress),
            ip_protocol: Some(self.protocol.clone()),
            from_port: Some(from),
            to_port: Some(to),
            cidr_ipv4: self.cidr().map(|cidr| cidr.to_string()),
            cidr_ipv6: self.cidr6().map(|cidr| cidr.to_string()),
            referenced_group_info: referenced,
            prefix_list_id: self.prefix_list().map(|list| list.id.clone()),
            description: self.description.clone(),
            tags: Some(tags_to_wire(&self.tags)),
            security_group_rule_arn: Some(arn(cx, "security-group-rule", &self.id)),
        }
    }
}
