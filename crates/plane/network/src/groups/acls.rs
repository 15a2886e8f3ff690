//! Network ACLs: what may cross the edge of a subnet, packet by packet. Pure.
//!
//! What a sender's subnet lets out is asked on its host, what a receiver's subnet lets in on its own;
//! within a subnet nothing is asked. An entry that cannot be read drops what it may be about.

use wharf_planeproto::network::{AclEntry, NetworkAcl};

use super::bound;
use super::traffic::{ICMP, Traffic};
use crate::model::Subnet;

/// Which interfaces are behind the edge of which subnet.
pub(crate) type Edges = bound::Bound<Edge>;
pub(crate) type Step = bound::Step<Edge>;

/// A subnet and its network ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) range: Subnet,
    pub(crate) acl: Acl,
}

/// The first entry that a packet fits decides; what fits none is dropped.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Acl {
    pub(crate) ingress: Vec<Entry>,
    pub(crate) egress: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) allow: bool,
    pub(crate) traffic: Traffic,
    pub(crate) range: Subnet,
}

impl Acl {
    pub(crate) fn read(acl: &NetworkAcl) -> Self {
        Self {
            ingress: acl.ingress.iter().map_while(read).collect(),
            egress: acl.egress.iter().map_while(read).collect(),
        }
    }

    /// Whether it holds nothing back.
    pub(crate) fn is_open(&self) -> bool {
        let lets_all = |entries: &[Entry]| {
            let first = entries.first();
            first
                .is_some_and(|it| it.allow && it.traffic == Traffic::All && it.range == Subnet::ANY)
        };
        lets_all(&self.ingress) && lets_all(&self.egress)
    }
}

/// `None` for one without meaning: what comes after it is not reached, so that nothing passes that it
/// might have denied.
fn read(entry: &AclEntry) -> Option<Entry> {
    Some(Entry {
        allow: entry.allow,
        traffic: Traffic::read(ICMP, entry.protocol, entry.ports, entry.icmp)?,
        range: entry.cidr.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: u8 = 6;
    const UDP: u8 = 17;

    fn entry(allow: bool, protocol: Option<u8>, ports: Option<(u16, u16)>) -> AclEntry {
        AclEntry {
            allow,
            protocol,
            ports,
            icmp: None,
            cidr: "0.0.0.0/0".to_owned(),
        }
    }

    fn acl(ingress: Vec<AclEntry>) -> Acl {
        Acl::read(&NetworkAcl {
            ingress_ipv6: Vec::new(),
            egress_ipv6: Vec::new(),
            id: "acl-1".to_owned(),
            vpc: "vpc-1".to_owned(),
            ingress,
            egress: vec![entry(true, None, None)],
        })
    }

    #[test]
    fn one_that_lets_all_through_first_is_open() {
        assert!(acl(vec![entry(true, None, None), entry(false, None, None)]).is_open());
        assert!(
            !acl(vec![
                entry(false, Some(TCP), Some((80, 80))),
                entry(true, None, None)
            ])
            .is_open()
        );
        assert!(!acl(vec![entry(true, Some(TCP), None)]).is_open());
        assert!(!Acl::default().is_open());
    }

    #[test]
    fn nothing_passes_behind_an_entry_without_meaning() {
        let bad = AclEntry {
            cidr: "10.0.0.0/33".to_owned(),
            ..entry(false, None, None)
        };
        let read = acl(vec![
            entry(true, Some(UDP), None),
            bad,
            entry(true, None, None),
        ]);
        assert_eq!(read.ingress.len(), 1);
        let backwards = entry(false, Some(TCP), Some((81, 80)));
        assert!(
            acl(vec![backwards, entry(true, None, None)])
                .ingress
                .is_empty()
        );
    }
}
