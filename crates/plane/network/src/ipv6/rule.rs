//! What groups and network ACLs say of IPv6, read from the control plane's words. Pure.
//!
//! A permission that cannot be read, or that is about IPv4, allows nothing here.

use wharf_base::Cidr6;
use wharf_planeproto::network::{
    AclEntry, NetworkAcl, Peer as WirePeer, Permission, SecurityGroup,
};

use crate::groups::{ICMP, ICMPV6, Traffic, is_name};

/// The rules of a group, none twice.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) ingress: Vec<Rule>,
    pub(super) egress: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) traffic: Traffic,
    pub(super) peer: Peer,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Peer {
    Range(Cidr6),
    /// Every interface that has the group.
    Group(String),
}

impl Group {
    pub(super) fn read(group: &SecurityGroup) -> Self {
        Self {
            ingress: rules(&group.ingress),
            egress: rules(&group.egress),
        }
    }

    /// The groups that the rules speak of.
    pub(super) fn references(&self) -> impl Iterator<Item = &String> {
        let all = self.ingress.iter().chain(&self.egress);
        all.filter_map(|rule| match &rule.peer {
            Peer::Group(id) => Some(id),
            Peer::Range(_) => None,
        })
    }
}

fn rules(permissions: &[Permission]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for rule in permissions.iter().filter_map(read) {
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    rules
}

fn read(permission: &Permission) -> Option<Rule> {
    let traffic = traffic(permission.protocol, permission.ports, permission.icmp)?;
    let peer = match &permission.peer {
        WirePeer::Cidr(cidr) => Peer::Range(cidr.parse().ok()?),
        WirePeer::Group(id) => Peer::Group(is_name(id).then(|| id.clone())?),
    };
    Some(Rule { traffic, peer })
}

/// `None` for what means nothing, or is of IPv4.
fn traffic(
    protocol: Option<u8>,
    ports: Option<(u16, u16)>,
    icmp: Option<(u8, Option<u8>)>,
) -> Option<Traffic> {
    match protocol {
        Some(ICMP) => None,
        _ => Traffic::read(ICMPV6, protocol, ports, icmp),
    }
}

/// The first entry that a packet fits decides; what fits none is dropped.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Acl {
    pub(super) ingress: Vec<Entry>,
    pub(super) egress: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) allow: bool,
    pub(super) traffic: Traffic,
    pub(super) range: Cidr6,
}

impl Acl {
    pub(super) fn read(acl: &NetworkAcl) -> Self {
        Self {
            ingress: entries(&acl.ingress_ipv6),
            egress: entries(&acl.egress_ipv6),
        }
    }

    /// Whether it holds nothing back.
    pub(super) fn is_open(&self) -> bool {
        let lets_all = |entries: &[Entry]| {
            let first = entries.first();
            first.is_some_and(|it| it.allow && it.traffic == Traffic::All && it.range.prefix() == 0)
        };
        lets_all(&self.ingress) && lets_all(&self.egress)
    }
}

/// Behind an entry without meaning nothing is reached, so that nothing passes that it might have denied. What is of IPv4 is
/// about no packet of IPv6.
fn entries(all: &[AclEntry]) -> Vec<Entry> {
    let about = all.iter().filter(|it| it.protocol != Some(ICMP));
    let read = about.map_while(|it| {
        Some(Entry {
            allow: it.allow,
            traffic: traffic(it.protocol, it.ports, it.icmp)?,
            range: it.cidr.parse().ok()?,
        })
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(
        protocol: Option<u8>,
        ports: Option<(u16, u16)>,
        icmp: Option<(u8, Option<u8>)>,
        peer: &str,
    ) -> Permission {
        let peer = match peer.strip_prefix('@') {
            Some(group) => WirePeer::Group(group.to_owned()),
            None => WirePeer::Cidr(peer.to_owned()),
        };
        Permission {
            protocol,
            ports,
            icmp,
            peer,
        }
    }

    #[test]
    fn permissions_are_read() {
        let check = |given: Permission, wanted: Option<Traffic>| {
            assert_eq!(read(&given).map(|rule| rule.traffic), wanted, "{given:?}");
        };
        let any = "::/0";
        check(permission(None, None, None, any), Some(Traffic::All));
        check(permission(None, None, None, "@sg-1"), Some(Traffic::All));
        let tcp = permission(Some(6), Some((80, 81)), None, "fd00::/8");
        check(tcp, Some(Traffic::Ports(6, 80, 81)));
        let echo = permission(Some(58), None, Some((128, None)), any);
        check(echo, Some(Traffic::Icmp(128, None)));
        check(
            permission(Some(58), None, None, any),
            Some(Traffic::Protocol(58)),
        );
        // Of IPv4, or of nothing.
        check(permission(None, None, None, "0.0.0.0/0"), None);
        check(permission(Some(1), None, None, "@sg-1"), None);
        check(permission(Some(6), Some((81, 80)), None, any), None);
        check(permission(Some(6), None, None, "::/129"), None);
        check(permission(Some(6), None, None, "fd00::1/8"), None);
        check(permission(None, None, None, "@a/b"), None);
    }

    #[test]
    fn entries_of_acls() {
        let entry = |allow, protocol, cidr: &str| AclEntry {
            allow,
            protocol,
            ports: None,
            icmp: None,
            cidr: cidr.to_owned(),
        };
        let acl = |ingress: Vec<AclEntry>| {
            Acl::read(&NetworkAcl {
                id: "acl-1".to_owned(),
                vpc: "vpc-1".to_owned(),
                ingress: Vec::new(),
                egress: Vec::new(),
                ingress_ipv6: ingress,
                egress_ipv6: vec![entry(true, None, "::/0")],
            })
        };
        assert!(acl(vec![entry(true, None, "::/0")]).is_open());
        assert!(!acl(vec![entry(true, Some(6), "::/0")]).is_open());
        assert!(!Acl::default().is_open());
        let bad = entry(false, None, "::/x");
        let read = acl(vec![
            entry(true, Some(17), "::/0"),
            bad,
            entry(true, None, "::/0"),
        ]);
        assert_eq!(read.ingress.len(), 1);
    }
}
