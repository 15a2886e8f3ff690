//! Permissions as requests have them, made into rules: one protocol, ports and one peer each. Pure.

use wharf_api_ec2::types::{
    AuthorizeSecurityGroupEgressRequest, AuthorizeSecurityGroupIngressRequest, IpPermission,
    IpRange, RevokeSecurityGroupEgressRequest, RevokeSecurityGroupIngressRequest,
    SecurityGroupRuleRequest, UserIdGroupPair,
};
use wharf_base::{Cidr4, Cidr6, ids};
use wharf_records::ecs::Tags;
use wharf_wire::Fault;

use crate::{
    fault,
    prefix_lists::Listed,
    records::{PeerGroup, Rule, RulePeer},
};

/// Rules of each direction that a group may have.
pub const MAX_RULES: usize = 60;
const MAX_DESCRIPTION: usize = 255;

/// A request that names permissions: as a list, and one more outside of it.
pub trait Asks {
    /// Takes both out of the request.
    fn take(&mut self) -> (Option<Vec<IpPermission>>, Flat);
}

macro_rules! asks {
    ($($request:ty),+) => {$(
        impl Asks for $request {
            fn take(&mut self) -> (Option<Vec<IpPermission>>, Flat) {
                let flat = Flat {
                    protocol: self.ip_protocol.take(),
                    from_port: self.from_port,
                    to_port: self.to_port,
                    cidr: self.cidr_ip.take(),
                    group_name: self.source_security_group_name.take(),
                    group_owner: self.source_security_group_owner_id.take(),
                };
                (self.ip_permissions.take(), flat)
            }
        }
    )+};
}

asks!(
    AuthorizeSecurityGroupIngressRequest,
    AuthorizeSecurityGroupEgressRequest,
    RevokeSecurityGroupIngressRequest,
    RevokeSecurityGroupEgressRequest
);

/// All permissions that a request asks for.
pub fn asked(request: &mut impl Asks) -> Vec<IpPermission> {
    let (listed, flat) = request.take();
    let mut permissions = listed.unwrap_or_default();
    permissions.extend(flat.permission());
    permissions
}

/// What may be given outside of `IpPermissions`, for one rule.
#[derive(Default)]
pub struct Flat {
    pub protocol: Option<String>,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    pub cidr: Option<String>,
    pub group_name: Option<String>,
    pub group_owner: Option<String>,
}

impl Flat {
    /// The permission it stands for; `None` if nothing was given.
    pub fn permission(self) -> Option<IpPermission> {
        let has_ports = self.from_port.is_some() || self.to_port.is_some();
        let given = self.protocol.is_some() || self.cidr.is_some() || self.group_name.is_some();
        if !given && !has_ports {
            return None;
        }
        // A group on its own stands for all that its members send. Ports and ranges are of some protocol, which must be said, or
        // all would be let in where one port was meant.
        let is_group_alone = self.cidr.is_none() && !has_ports;
        let all = || is_group_alone.then(|| "-1".to_owned());
        let protocol = self.protocol.or_else(all);
        let range = |cidr| IpRange {
            cidr_ip: Some(cidr),
            description: None,
        };
        let owner = self.group_owner;
        let pair = |name| UserIdGroupPair {
            group_name: Some(name),
            user_id: owner,
            ..UserIdGroupPair::default()
        };
        Some(IpPermission {
            ip_protocol: protocol,
            from_port: self.from_port,
            to_port: self.to_port,
            ip_ranges: Some(self.cidr.map(range).into_iter().collect()),
            user_id_group_pairs: Some(self.group_name.map(pair).into_iter().collect()),
            ..IpPermission::default()
        })
    }
}

/// The rules that the permissions ask for, with new ids. Groups must be named by their ids.
pub fn rules(permissions: &[IpPermission]) -> Result<Vec<Rule>, Fault> {
    let mut rules: Vec<Rule> = Vec::new();
    for permission in permissions {
        for rule in rules_of(permission)? {
            if rules.iter().any(|known| known.allows_same(&rule)) {
                return Err(fault::bad_value(
                    "The same permission must not appear multiple times",
                ));
            }
            rules.push(rule);
            // No group has more, so there is nothing to add or find beyond.
            if rules.len() > MAX_RULES {
                return Err(fault::too_many_rules());
            }
        }
    }
    Ok(rules)
}

fn rules_of(permission: &IpPermission) -> Result<Vec<Rule>, Fault> {
    let traffic = Traffic::read(
        permission.ip_protocol.as_deref(),
        permission.from_port,
        permission.to_port,
    )?;
    let mut rules = Vec::new();
    for range in permission.ip_ranges.iter().flatten() {
        let peer = cidr(range.cidr_ip.as_deref().unwrap_or_default())?;
        rules.push(traffic.rule(peer, range.description.as_deref())?);
    }
    for range in permission.ipv6_ranges.iter().flatten() {
        let peer = cidr6(range.cidr_ipv6.as_deref().unwrap_or_default())?;
        rules.push(traffic.rule(peer, range.description.as_deref())?);
    }
    for list in permission.prefix_list_ids.iter().flatten() {
        let id = list.prefix_list_id.as_deref().filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| fault::missing_parameter("prefixListId"))?;
        let peer = RulePeer::PrefixList(Listed::named(id));
        rules.push(traffic.rule(peer, list.description.as_deref())?);
    }
    for pair in permission.user_id_group_pairs.iter().flatten() {
        let id = pair.group_id.as_deref().filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| fault::missing_parameter("groupId"))?;
        let peer = match (&pair.user_id, &pair.vpc_id, &pair.vpc_peering_connection_id) {
            // Completed by whoever knows the VPC's peers.
            (Some(account), Some(vpc), Some(peering)) => RulePeer::PeerGroup(PeerGroup {
                account: account.clone(),
                vpc: vpc.clone(),
                group: id.to_owned(),
                peering: peering.clone(),
            }),
            _ => RulePeer::Group(id.to_owned()),
        };
        rules.push(traffic.rule(peer, pair.description.as_deref())?);
    }
    if rules.is_empty() {
        return Err(fault::missing_parameter("ipRanges or groups"));
    }
    Ok(rules)
}

/// Whether a group may have these rules in one direction. A prefix list counts for as many as it may have
/// entries.
pub fn check_room(rules: &[Rule]) -> Result<(), Fault> {
    let weight = |rule: &Rule| rule.prefix_list().map_or(1, |list| u64::from(list.weight));
    match rules.iter().map(weight).sum::<u64>() > MAX_RULES as u64 {
        true => Err(fault::too_many_rules()),
        false => Ok(()),
    }
}

/// The rule that ModifySecurityGroupRules puts in another's place.
pub fn replacement(request: &SecurityGroupRuleRequest) -> Result<Rule, Fault> {
    let peer = match (
        &request.cidr_ipv4,
        &request.cidr_ipv6,
        &request.referenced_group_id,
        &request.prefix_list_id,
    ) {
        (Some(range), None, None, None) => cidr(range)?,
        (None, Some(range), None, None) => cidr6(range)?,
        (None, None, Some(id), None) => RulePeer::Group(id.clone()),
        (None, None, None, Some(id)) => RulePeer::PrefixList(Listed::named(id)),
        (None, None, None, None) => {
            return Err(fault::missing_parameter(
                "CidrIpv4, CidrIpv6, PrefixListId or ReferencedGroupId",
            ));
        }
        _ => return Err(fault::one_peer_only()),
    };
    let traffic = Traffic::read(
        request.ip_protocol.as_deref(),
        request.from_port,
        request.to_port,
    )?;
    traffic.rule(peer, request.description.as_deref())
}

fn cidr(text: &str) -> Result<RulePeer, Fault> {
    let cidr = Cidr4::canonical(text);
    let cidr = cidr.map_err(|_| fault::bad_value(format!("CIDR block {text} is malformed")))?;
    Ok(RulePeer::Cidr(cidr))
}

fn cidr6(text: &str) -> Result<RulePeer, Fault> {
    let cidr = Cidr6::canonical(text);
    let cidr = cidr.map_err(|_| fault::bad_value(format!("CIDR block {text} is malformed")))?;
    Ok(RulePeer::Ipv6(cidr))
}

/// A protocol with what narrows it down.
struct Traffic {
    protocol: String,
    from_port: Option<i32>,
    to_port: Option<i32>,
}

impl Traffic {
    fn read(protocol: Option<&str>, from: Option<i32>, to: Option<i32>) -> Result<Self, Fault> {
        let protocol = protocol_name(protocol)?;
        let (from_port, to_port) = match protocol.as_str() {
            "tcp" | "udp" => ports(from, to)?,
            "icmp" | "icmpv6" => icmp(from, to)?,
            _ => (None, None),
        };
        Ok(Self {
            protocol,
            from_port,
            to_port,
        })
    }

    fn rule(&self, peer: RulePeer, description: Option<&str>) -> Result<Rule, Fault> {
        Ok(Rule {
            id: ids::ec2_id("sgr"),
            protocol: self.protocol.clone(),
            from_port: self.from_port,
            to_port: self.to_port,
            peer,
            description: description.map(checked_description).transpose()?,
            tags: Tags::new(),
        })
    }
}

/// The name EC2 shows: four protocols have names, `-1` stands for all, others are numbers.
fn protocol_name(given: Option<&str>) -> Result<String, Fault> {
    let Some(given) = given.filter(|given| !given.is_empty()) else {
        return Err(fault::bad_value(
            "Invalid value 'null' for protocol. VPC security group rules must specify protocols \
             explicitly.",
        ));
    };
    let lower = given.to_ascii_lowercase();
    let name = match lower.as_str() {
        "-1" | "all" => "-1",
        "tcp" | "6" => "tcp",
        "udp" | "17" => "udp",
        "icmp" | "1" => "icmp",
        "icmpv6" | "58" => "icmpv6",
        number => match number.parse::<u8>() {
            Ok(number) => return Ok(number.to_string()),
            Err(_) => {
                return Err(fault::bad_value(format!(
                    "Invalid value '{given}' for IP protocol. Unknown protocol."
                )));
            }
        },
    };
    Ok(name.to_owned())
}

fn ports(from: Option<i32>, to: Option<i32>) -> Result<(Option<i32>, Option<i32>), Fault> {
    let (Some(from), Some(to)) = (from, to) else {
        return Err(fault::bad_value(
            "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
        ));
    };
    if !(0..=65535).contains(&from) || !(from..=65535).contains(&to) {
        return Err(fault::bad_value(format!(
            "Invalid TCP/UDP port range ({from}:{to})"
        )));
    }
    Ok((Some(from), Some(to)))
}

/// Type and code; -1, or nothing, stands for all.
fn icmp(kind: Option<i32>, code: Option<i32>) -> Result<(Option<i32>, Option<i32>), Fault> {
    let (kind, code) = (kind.unwrap_or(-1), code.unwrap_or(-1));
    let byte = -1..=255;
    if !byte.contains(&kind) || !byte.contains(&code) || (kind == -1 && code != -1) {
        return Err(fault::bad_value(format!(
            "Invalid ICMP type/code ({kind}:{code})"
        )));
    }
    Ok((Some(kind), Some(code)))
}

/// A description of a rule.
pub fn checked_description(text: &str) -> Result<String, Fault> {
    if text.len() > MAX_DESCRIPTION || !text.chars().all(may_describe) {
        return Err(fault::bad_value(
            "Invalid rule description. Valid descriptions are strings less than 256 characters \
             from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        ));
    }
    Ok(text.to_owned())
}

/// Letters that names and descriptions of groups and rules are made of.
pub fn may_describe(c: char) -> bool {
    c.is_ascii_alphanumeric() || ". _-:/()#,@[]+=&;{}!$*".contains(c)
}

/// How the text of a fault names a rule.
pub fn spoken(rule: &Rule) -> String {
    let peer = match &rule.peer {
        RulePeer::Cidr(cidr) => cidr.to_string(),
        RulePeer::Ipv6(cidr) => cidr.to_string(),
        RulePeer::Group(id) => id.clone(),
        RulePeer::PeerGroup(peer) => peer.group.clone(),
        RulePeer::PrefixList(list) => list.id.clone(),
    };
    let or_all = |value: Option<i32>| match value {
        None | Some(-1) => "ALL".to_owned(),
        Some(value) => value.to_string(),
    };
    let (from, to) = (or_all(rule.from_port), or_all(rule.to_port));
    let traffic = match rule.protocol.as_str() {
        "-1" => "ALL".to_owned(),
        "tcp" | "udp" => {
            let name = rule.protocol.to_ascii_uppercase();
            format!("{name}, from port: {from}, to port: {to}")
        }
        "icmp" | "icmpv6" => {
            let name = rule.protocol.to_ascii_uppercase();
            format!("{name}, type: {from}, code: {to}")
        }
        number => format!("protocol: {number}"),
    };
    format!("peer: {peer}, {traffic}, ALLOW")
}

#[cfg(test)]
mod tests;
