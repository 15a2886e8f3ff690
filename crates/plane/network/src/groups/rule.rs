//! What a group allows, read from the control plane's words. Pure.
//!
//! A permission that cannot be read allows nothing; so does one for IPv6, which `ipv6` reads.

use wharf_planeproto::network::{Peer as WirePeer, Permission, SecurityGroup};

use super::traffic::{ICMP, Traffic};
use crate::model::Subnet;
use crate::names::check_key;

/// The rules of a group, sorted, none twice.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) ingress: Vec<Rule>,
    pub(crate) egress: Vec<Rule>,
}

/// Allows the connections that match all of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rule {
    pub(crate) traffic: Traffic,
    pub(crate) peer: Peer,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    Range(Subnet),
    /// Every interface that has the group.
    Group(String),
}

impl Group {
    pub(crate) fn read(group: &SecurityGroup) -> Self {
        Self {
            ingress: rules(&group.id, &group.ingress),
            egress: rules(&group.id, &group.egress),
        }
    }

    /// The groups that the rules speak of, each as often as they do.
    pub(crate) fn references(&self) -> impl Iterator<Item = &String> {
        let all = self.ingress.iter().chain(&self.egress);
        all.filter_map(|rule| match &rule.peer {
            Peer::Group(id) => Some(id),
            Peer::Range(_) => None,
        })
    }
}

fn rules(group: &str, permissions: &[Permission]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = permissions
        .iter()
        .filter_map(|permission| {
            let rule = read(permission);
            if rule.is_none() && !is_ipv6(permission) {
                tracing::warn!(
                    group,
                    ?permission,
                    "failed to read a permission of a security group; it allows nothing"
                );
            }
            rule
        })
        .collect();
    rules.sort();
    rules.dedup();
    rules
}

fn is_ipv6(permission: &Permission) -> bool {
    matches!(&permission.peer, WirePeer::Cidr(cidr) if cidr.contains(':'))
}

fn read(permission: &Permission) -> Option<Rule> {
    let Permission {
        protocol,
        ports,
        icmp,
        ..
    } = *permission;
    let traffic = Traffic::read(ICMP, protocol, ports, icmp)?;
    let peer = match &permission.peer {
        WirePeer::Cidr(cidr) => Peer::Range(cidr.parse().ok()?),
        WirePeer::Group(id) => Peer::Group(is_name(id).then(|| id.clone())?),
    };
    Some(Rule { traffic, peer })
}

/// Whether `id` can be part of an nftables object's name.
pub(crate) fn is_name(id: &str) -> bool {
    check_key(id).is_ok()
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
        let any = "0.0.0.0/0";
        check(permission(None, None, None, any), Some(Traffic::All));
        let every_port_of_all = permission(None, Some((80, 80)), None, any);
        check(every_port_of_all, Some(Traffic::All));
        let tcp = permission(Some(6), Some((80, 81)), None, "@sg-1");
        check(tcp, Some(Traffic::Ports(6, 80, 81)));
        check(
            permission(Some(17), None, None, any),
            Some(Traffic::Protocol(17)),
        );
        let echo = permission(Some(1), None, Some((8, None)), any);
        check(echo, Some(Traffic::Icmp(8, None)));
        check(
            permission(Some(50), Some((1, 2)), None, any),
            Some(Traffic::Protocol(50)),
        );
    }

    #[test]
    fn what_means_nothing_allows_nothing() {
        for (ports, peer) in [
            (Some((81, 80)), "0.0.0.0/0"),
            (None, "::/0"),
            (None, "10.0.0.0/33"),
            (None, ""),
            (None, "@"),
            (None, "@a/b"),
        ] {
            assert_eq!(
                read(&permission(Some(6), ports, None, peer)),
                None,
                "{peer}"
            );
        }
    }
}
